// SPDX-License-Identifier: Apache-2.0
import JSON

extension FuzzTarget {
  /// A text of JSON: what was read can be skipped, is written in every layout, and reads back.
  static let json = FuzzTarget("json") { input in
    let bytes = [UInt8](input)
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONText.value(bytes)
    } catch {
      guard case .offset(let offset) = error.place else {
        return Promise.holds(false, "an error of the syntax has an offset: \(error)")
      }
      return Promise.holds((0...bytes.count).contains(offset), "the offset is in the text: \(error)")
    }
    Promise.holds((try? JSONReader.read(bytes, skipAll)) != nil, "what can be read can be skipped")
    for style in [JSONStyle.compact, .spaced, JSONStyle(.pretty, sortsKeys: true)] {
      var text: [UInt8] = []
      JSONWriter(style).append(value, to: &text)
      Promise.holds((try? JSONText.value(text)) == value, "what is written reads back as \(value)")
    }
    decodeShape(bytes)
  }

  private static func skipAll(_ reader: inout JSONReader) throws(JSONError) {
    try reader.skip()
    try reader.end()
  }

  /// A type with everything that decoders treat differently.
  private struct Shape: Codable, Equatable {
    enum Kind: String, Codable { case big, small }
    struct Part: Codable, Equatable {
      var name: String
      var weights: [Double]
      var extra: JSONValue?
    }
    var id: UInt64
    var level: Int8?
    var kind: Kind?
    var isOn: Bool?
    var parts: [Part]?
    var notes: [String: Float]?
  }

  private static func decodeShape(_ bytes: [UInt8]) {
    do throws(JSONError) {
      let shape = try JSONText.decode(Shape.self, from: bytes)
      let again = try JSONText.decode(Shape.self, from: JSONText.encode(shape))
      Promise.holds(again == shape, "a decoded type survives being encoded: \(shape)")
    } catch {
      guard case .path(let path) = error.place else {
        return Promise.holds(false, "an error of the shape has a path: \(error)")
      }
      Promise.holds(path.hasPrefix("$"), "a path begins with the whole: \(error)")
    }
  }
}
