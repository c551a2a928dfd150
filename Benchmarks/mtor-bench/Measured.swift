// SPDX-License-Identifier: Apache-2.0
import Glibc
import JSON

/// The figures of a file that an earlier run has written, by name; of several the last.
struct Measured {
  private var figures: [String: JSONObject] = [:]
  /// In the order of the file.
  private(set) var names: [String] = []
  let path: String

  init(_ path: String) throws {
    self.path = path
    for line in try TextOfFile.read(path).split(separator: "\n") {
      guard let figure = try JSONText.value(Array(line.utf8)).objectValue,
        let name = figure["name"]?.stringValue
      else { continue }
      if figures.updateValue(figure, forKey: name) == nil { names.append(name) }
    }
  }

  /// A field of a figure; nil when it was not measured.
  func number(_ name: String, _ field: String = "value") -> Double? { figures[name]?[field]?.numberValue }

  func unit(_ name: String) -> String { figures[name]?["unit"]?.stringValue ?? "" }

  /// For people, with its unit; "not measured" where it is missing.
  func text(_ name: String, _ field: String = "value", decimals: Int = 0, unit: String = "") -> String {
    guard let value = number(name, field) else { return "not measured" }
    return format(value, decimals: decimals) + unit
  }

  /// Whether all of these meet their goals; nil where one was not measured.
  func meets(_ names: [String]) -> Bool? {
    var all = true
    for name in names {
      guard let meets = figures[name]?["meets"]?.boolValue else { return nil }
      all = all && meets
    }
    return all
  }
}

/// Small text files, read as a whole.
enum TextOfFile {
  /// - Throws: `Failure` naming the file.
  static func read(_ path: String) throws -> String {
    guard let file = fopen(path, "r") else {
      throw Failure(what: "cannot read \(path): \(String(cString: strerror(errno)))")
    }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 16_384)
    while case let count = fread(&piece, 1, piece.count, file), count > 0 { bytes += piece[..<count] }
    return String(decoding: bytes, as: UTF8.self)
  }
}
