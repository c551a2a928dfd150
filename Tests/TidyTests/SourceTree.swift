// SPDX-License-Identifier: Apache-2.0
import Glibc

/// The repository's own text files, by their paths from its root.
struct SourceTree {
  struct File {
    var path: String
    var text: String

    var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
    var isSwift: Bool { path.hasSuffix(".swift") }
    /// The first folder below Sources: the target.
    var target: String { path.split(separator: "/").dropFirst().first.map(String.init) ?? "" }
  }

  static let shared = SourceTree()

  let files: [File]

  /// Of this checkout; of another one where MTOR_TREE names it (scripts/guards).
  private static let root =
    getenv("MTOR_TREE").map { String(cString: $0) + "/" } ?? ownRoot
  private static let ownRoot =
    #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined() + "/"

  private init() {
    let folders = [
      "Sources", "Tests", "Benchmarks", "docs", "boards", "scripts", "systemd", ".ci", "Package.swift",
      "Makefile", "README.md", "CHANGELOG.md",
    ]
    files = folders.flatMap(Self.paths).sorted().compactMap { path in
      Self.read(path).map { File(path: path, text: $0) }
    }
  }

  /// A file or folder is there, from the repository's root.
  static func exists(_ path: String) -> Bool { access(root + path, F_OK) == 0 }

  /// A path without `..`.
  static func normalised(_ path: String) -> String {
    var parts: [Substring] = []
    for part in path.split(separator: "/") where part != "." {
      if part == "..", !parts.isEmpty { parts.removeLast() } else { parts.append(part) }
    }
    return parts.joined(separator: "/")
  }

  /// Folders of texts that are wrong on purpose: the fuzzers' seeds, the patches that guards must catch.
  private static let wrong = ["Corpora", "Guards"]

  /// The file itself, or every file below the folder; hidden ones, build products and what is wrong on
  /// purpose are left out.
  private static func paths(_ path: String) -> [String] {
    guard let stream = opendir(root + path) else { return exists(path) ? [path] : [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if !name.hasPrefix("."), name != "__pycache__", !wrong.contains(name) { names.append(name) }
    }
    return names.flatMap { paths("\(path)/\($0)") }
  }

  /// Nil for what is not a text.
  private static func read(_ path: String) -> String? {
    guard let file = fopen(root + path, "r") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = fread(&chunk, 1, chunk.count, file)
      if count == 0 { break }
      bytes += chunk[..<count]
    }
    return String(validating: bytes, as: UTF8.self)
  }
}

extension Substring {
  /// Without a comment at the end and without what is in quotes: the code alone.
  var code: String {
    var code = ""
    var isQuoted = false
    var previous: Character = " "
    for character in self {
      if character == "\"" && previous != "\\" { isQuoted.toggle() }
      if !isQuoted && character == "/" && previous == "/" { return String(code.dropLast()) }
      if !isQuoted { code.append(character) }
      previous = character
    }
    return code
  }
}
