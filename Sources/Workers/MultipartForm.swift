// SPDX-License-Identifier: Apache-2.0

/// A form with files (RFC 7578), as transcription services want it.
struct MultipartForm {
  private let boundary: String
  private var bytes: [UInt8] = []

  /// - Parameter boundary: must not occur in any part; a random one does not.
  init(boundary: String) { self.boundary = boundary }

  var contentType: String { "multipart/form-data; boundary=\(boundary)" }
  /// The whole form, its end included.
  var body: [UInt8] { bytes + "--\(boundary)--\r\n".utf8 }

  mutating func add(_ name: String, _ value: String) {
    begin("name=\"\(Self.quoted(name))\"")
    bytes += "\r\n\(value)\r\n".utf8
  }

  mutating func add(_ name: String, file: String, type: String, _ content: [UInt8]) {
    begin("name=\"\(Self.quoted(name))\"; filename=\"\(Self.quoted(file))\"")
    bytes += "Content-Type: \(type)\r\n\r\n".utf8
    bytes += content
    bytes += "\r\n".utf8
  }

  private mutating func begin(_ disposition: String) {
    bytes += "--\(boundary)\r\nContent-Disposition: form-data; \(disposition)\r\n".utf8
  }

  private static func quoted(_ text: String) -> String {
    var quoted = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "%22"
      case "\r": quoted += "%0D"
      case "\n": quoted += "%0A"
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted
  }
}
