// SPDX-License-Identifier: Apache-2.0
import Glibc
import Posix
import YAML

/// Where board profiles are found: the first directory that has `<board>.yml`, else those built in.
public struct BoardCatalog: Sendable {
  private let directories: [String]

  public init(directories: [String]) { self.directories = directories }

  /// `MTOR_BOARD_DIR` alone where it is set; else with the program, then in /usr/share.
  public static func standard() -> BoardCatalog {
    if let directory = getenv("MTOR_BOARD_DIR") {
      return BoardCatalog(directories: [String(cString: directory)])
    }
    let own = OwnProgram.companion(installed: "share/mtor/boards", source: "boards")
    return BoardCatalog(directories: [own, "/usr/share/mtor/boards"].compactMap(\.self))
  }

  /// Every board that can be named, sorted.
  public func names() -> [String] {
    Set(directories.flatMap(profiles(in:)) + BuiltInBoards.texts.map(\.name)).sorted()
  }

  /// Nil when no directory has the board and none is built in.
  func text(of board: String) -> (file: String, bytes: [UInt8])? {
    guard !board.contains("/"), !board.hasPrefix(".") else { return nil }
    for directory in directories {
      let path = "\(directory)/\(board).yml"
      if let bytes = try? TextFile.read(path) { return (path, bytes) }
    }
    let builtIn = BuiltInBoards.texts.first { $0.name == board }
    return builtIn.map { ("(built-in) \(board).yml", Array($0.text.utf8)) }
  }

  private func profiles(in directory: String) -> [String] {
    (Directory.names(in: directory) ?? []).filter { $0.hasSuffix(".yml") }.map { String($0.dropLast(4)) }
  }
}
