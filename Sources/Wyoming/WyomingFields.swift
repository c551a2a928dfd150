// SPDX-License-Identifier: Apache-2.0
import JSON

/// The data of one message, read field by field. `null` and a missing field are the same.
struct WyomingFields {
  let type: String
  let data: JSONObject

  func text(_ key: String) throws(WyomingError) -> String? {
    guard let value = present(key) else { return nil }
    guard let text = value.stringValue else { throw malformed("'\(key)' is not a string") }
    return text
  }

  func needed(_ key: String) throws(WyomingError) -> String {
    guard let text = try text(key) else { throw malformed("'\(key)' is missing") }
    return text
  }

  func integer(_ key: String) throws(WyomingError) -> Int64? {
    guard let value = present(key) else { return nil }
    guard let number = value.numberValue else { throw malformed("'\(key)' is not a number") }
    return value.integerValue ?? Int64(exactly: number.rounded())
  }

  func texts(_ key: String) throws(WyomingError) -> [String]? {
    guard let value = present(key) else { return nil }
    guard let texts = value.arrayValue?.compactMap(\.stringValue),
      texts.count == value.arrayValue?.count
    else { throw malformed("'\(key)' is not a list of strings") }
    return texts
  }

  func audio() throws(WyomingError) -> WyomingAudio {
    guard let rate = try integer("rate"), let width = try integer("width"),
      let channels = try integer("channels")
    else { throw malformed("rate, width or channels is missing") }
    let format = WyomingAudioFormat(
      rateHz: Int(clamping: rate), width: Int(clamping: width), channels: Int(clamping: channels))
    if !format.isPlausible { throw malformed("\(rate) Hz, \(width) bytes, \(channels) channels") }
    return WyomingAudio(format, timestamp: try integer("timestamp"))
  }

  func voice() throws(WyomingError) -> WyomingVoice? {
    guard let value = present("voice") else { return nil }
    guard case .object(let object) = value else { throw malformed("'voice' is not an object") }
    let fields = WyomingFields(type: type, data: object)
    return WyomingVoice(
      name: try fields.text("name"), language: try fields.text("language"),
      speaker: try fields.text("speaker"))
  }

  func intent() throws(WyomingError) -> WyomingIntent {
    var entities: [WyomingIntent.Entity] = []
    for entity in present("entities")?.arrayValue ?? [] {
      guard let object = entity.objectValue, let name = object["name"]?.stringValue else {
        throw malformed("an entity has no name")
      }
      entities.append(WyomingIntent.Entity(name, object["value"] ?? .null))
    }
    return WyomingIntent(name: try needed("name"), entities: entities, text: try text("text"))
  }

  private func present(_ key: String) -> JSONValue? {
    guard let value = data[key], !value.isNull else { return nil }
    return value
  }

  private func malformed(_ what: String) -> WyomingError { .dataMalformed(type: type, what) }
}
