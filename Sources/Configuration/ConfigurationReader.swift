// SPDX-License-Identifier: Apache-2.0
import Automation
import YAML

/// Text → `Settings`, or every problem at once. Reads files; touches no device.
public struct ConfigurationReader: Sendable {
  public let boards: BoardCatalog

  public init(boards: BoardCatalog = .standard()) { self.boards = boards }

  /// - Parameter board: goes over the file's `board`.
  /// - Throws: all problems of the file and of its board's profile.
  public func read(file: String, board: String? = nil) throws(ConfigurationProblems) -> Settings {
    try read(bytes: Self.bytes(of: file), name: file, board: board)
  }

  /// - Parameter name: stands for the file in the problems' texts.
  /// - Throws: as `read(file:board:)`.
  public func read(
    text: String, name: String, board: String? = nil
  ) throws(ConfigurationProblems) -> Settings {
    try read(bytes: Array(text.utf8), name: name, board: board)
  }

  /// The same of bytes, which may be no text.
  /// - Throws: as `read(file:board:)`.
  public func read(
    bytes: [UInt8], name: String, board: String? = nil
  ) throws(ConfigurationProblems) -> Settings {
    try Self.settings(bytes, name) { root, reader in
      var settings = Settings()
      settings.board = board ?? Self.board(in: root) ?? settings.board
      readProfile(into: &settings, isForced: board != nil, root, &reader)
      settings = Schema.root.read(root, "", settings, &reader) ?? settings
      if let board { settings.board = board }
      settings.completeLines()
      settings.placeSun()
      settings.completeWorkers()
      settings.completeRealms()
      CrossCheck(settings).run(&reader)
      return settings
    }
  }

  /// Realms and workers alone: a text that has `realms:` and `workers:` and nothing else.
  ///
  /// - Parameter known: that are there already, and may be named. A realm of them keeps what the text does
  ///   not say.
  /// - Throws: every mistake in it.
  public func readAdditions(
    text: String, name: String, to known: Additions
  ) throws(ConfigurationProblems) -> Additions {
    try readAdditions(bytes: Array(text.utf8), name: name, known)
  }

  /// The same of a file.
  /// - Throws: every mistake in it; that it cannot be read.
  public func readAdditions(file: String, to known: Additions) throws(ConfigurationProblems) -> Additions {
    try readAdditions(bytes: Self.bytes(of: file), name: file, known)
  }

  private func readAdditions(
    bytes: [UInt8], name: String, _ known: Additions
  ) throws(ConfigurationProblems) -> Additions {
    try Self.settings(bytes, name) { root, reader in
      let new = Schema.additions(to: known.realms).read(root, "", Additions(), &reader) ?? Additions()
      WorkerCheck(new, beside: known).run(&reader)
      return new
    }
  }

  private static func bytes(of file: String) throws(ConfigurationProblems) -> [UInt8] {
    do throws(TextFile.Unreadable) { return try TextFile.read(file) } catch {
      let problem = ConfigurationProblem(file: file, mark: nil, path: "", text: error.text)
      throw ConfigurationProblems([problem], isUnreadable: true)
    }
  }

  /// What `read` makes of a document in which neither YAML nor `read` found a mistake.
  private static func settings<Value>(
    _ bytes: [UInt8], _ name: String, _ read: (YAMLNode, inout Reader) -> Value
  ) throws(ConfigurationProblems) -> Value {
    var reader = Reader(file: name)
    let document = YAMLDocument(bytes)
    document.problems.forEach { reader.note($0.mark, "", $0.text) }
    guard let root = document.root else { throw ConfigurationProblems(reader.problems) }
    let settings = read(root, &reader)
    if reader.problems.isEmpty { return settings }
    throw ConfigurationProblems(sorted(reader.problems, first: name))
  }

  private static func board(in root: YAMLNode) -> String? {
    guard case .map(let entries, _) = root,
      case .scalar(let text, _, _) = entries.first(where: { $0.key == "board" })?.value
    else { return nil }
    return text
  }

  private func readProfile(
    into settings: inout Settings, isForced: Bool, _ root: YAMLNode, _ reader: inout Reader
  ) {
    guard let (file, bytes) = boards.text(of: settings.board) else {
      let advice = Nearest.advice(settings.board, in: boards.names(), label: "Known")
      let text = "\(quoted(settings.board)): no such board.\(advice)"
      let mark = isForced ? nil : Self.mark(of: "board", in: root)
      return reader.note(mark, isForced ? "--board" : "board", text)
    }
    var own = Reader(file: file)
    let document = YAMLDocument(bytes)
    document.problems.forEach { own.note($0.mark, "", $0.text) }
    if let root = document.root, let profile = Schema.board.read(root, "", nil, &own) {
      settings.apply(profile)
    }
    reader.add(own.problems)
  }

  private static func mark(of key: String, in root: YAMLNode) -> YAMLMark? {
    guard case .map(let entries, _) = root else { return nil }
    return entries.first { $0.key == key }?.value.mark
  }

  private static func sorted(
    _ problems: [ConfigurationProblem], first file: String
  ) -> [ConfigurationProblem] {
    let numbered = problems.enumerated().sorted { left, right in
      let key = { (item: (offset: Int, element: ConfigurationProblem)) in
        (item.element.file == file ? 0 : 1, item.element.mark?.line ?? 0, item.offset)
      }
      return key(left) < key(right)
    }
    return numbered.map(\.element)
  }
}

extension Settings {
  fileprivate mutating func apply(_ profile: BoardProfile) {
    self.profile = profile
    microphone.source = profile.microphone.map { .alsa($0) } ?? .off
    speaker.device = profile.speaker
  }

  /// Lines without a chip take the board's.
  fileprivate mutating func completeLines() {
    lines = lines.map { line in
      var line = line
      if line.direction != .led { line.chip = line.chip ?? profile.chip }
      return line
    }
  }
}
