// SPDX-License-Identifier: Apache-2.0
import Glibc

/// What a folder holds.
public enum Directory {
  /// Sorted, hidden entries left out; nil when it cannot be read.
  public static func names(in path: String) -> [String]? {
    guard let stream = opendir(path) else { return nil }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted()
  }

  /// Makes a folder of this process alone, with a name that nobody has.
  /// - Throws: `SystemError` naming `parent`.
  public static func makePrivate(in parent: String, prefix: String) throws(SystemError) -> String {
    var template = Array("\(parent)/\(prefix)-XXXXXX".utf8CString)
    try retry("make a folder in \(parent)") { mkdtemp(&template) == nil ? -1 : 0 }
    return String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
