// SPDX-License-Identifier: Apache-2.0
import JSON

/// The header line of a message.
struct WyomingHeader {
  /// Empty for an audio chunk: its type is not copied out of the line.
  private(set) var type = ""
  private(set) var isAudioChunk = false
  private(set) var dataLength = 0
  private(set) var payloadLength = 0
  private var inlineData = JSONObject()

  init(_ bytes: [UInt8], _ line: Range<Int>, _ limits: WyomingLimits) throws(WyomingError) {
    var dataLength: Int64 = 0
    var payloadLength: Int64 = 0
    do throws(JSONError) {
      try JSONReader.read(bytes, in: line) { (reader) throws(JSONError) in
        try reader.object { (key, reader) throws(JSONError) in
          if key == "type" {
            try readType(&reader)
          } else if key == "data" {
            try readInlineData(&reader)
          } else if key == "data_length" {
            dataLength = max(0, try reader.integerOrNull() ?? 0)
          } else if key == "payload_length" {
            payloadLength = max(0, try reader.integerOrNull() ?? 0)
          } else {
            return false
          }
          return true
        }
        try reader.end()
      }
    } catch { throw .headerMalformed(error.description) }
    if type.isEmpty && !isAudioChunk { throw .headerMalformed("no 'type'") }
    try setLengths(dataLength, payloadLength, limits)
  }

  /// The data: what stands in the header, overlaid by what follows it.
  func data(_ bytes: [UInt8], _ range: Range<Int>) throws(WyomingError) -> JSONObject {
    var result = inlineData
    if !range.isEmpty {
      let value = try read(bytes, range) { (reader) throws(JSONError) in try reader.value() }
      guard case .object(let object) = value else {
        throw .dataMalformed(type: type, "not an object")
      }
      result.merge(object)
    }
    return result
  }

  /// The data of an audio chunk, read in place.
  func audio(_ bytes: [UInt8], _ range: Range<Int>) throws(WyomingError) -> WyomingAudio {
    var fields = AudioFields(inlineData)
    if !range.isEmpty {
      try read(bytes, range) { (reader) throws(JSONError) in try fields.read(&reader) }
    }
    return try fields.audio()
  }

  private func read<Result>(
    _ bytes: [UInt8], _ range: Range<Int>, _ body: (inout JSONReader) throws(JSONError) -> Result
  ) throws(WyomingError) -> Result {
    do throws(JSONError) {
      return try JSONReader.read(bytes, in: range) { (reader) throws(JSONError) in
        let result = try body(&reader)
        try reader.end()
        return result
      }
    } catch { throw .dataMalformed(type: isAudioChunk ? "audio-chunk" : type, error.description) }
  }

  private mutating func readType(_ reader: inout JSONReader) throws(JSONError) {
    let name = try reader.rawString()
    isAudioChunk = name == "audio-chunk"
    type = isAudioChunk ? "" : try name.string()
  }

  private mutating func readInlineData(_ reader: inout JSONReader) throws(JSONError) {
    switch try reader.value() {
    case .null: inlineData = [:]
    case .object(let object): inlineData = object
    default: throw JSONError("'data' is not an object", at: .offset(reader.position))
    }
  }

  private mutating func setLengths(
    _ data: Int64, _ payload: Int64, _ limits: WyomingLimits
  ) throws(WyomingError) {
    let type = isAudioChunk ? "audio-chunk" : self.type
    if data > limits.dataMaxBytes {
      throw .dataTooLong(type: type, bytes: data, maxBytes: limits.dataMaxBytes)
    }
    if payload > limits.payloadMaxBytes {
      throw .payloadTooLong(type: type, bytes: payload, maxBytes: limits.payloadMaxBytes)
    }
    dataLength = Int(data)
    payloadLength = Int(payload)
  }
}

/// `rate`, `width`, `channels`, `timestamp` as they are met.
private struct AudioFields {
  private var rate: Int64?
  private var width: Int64?
  private var channels: Int64?
  private var timestamp: Int64?

  init(_ data: JSONObject) {
    rate = data["rate"]?.integerValue
    width = data["width"]?.integerValue
    channels = data["channels"]?.integerValue
    timestamp = data["timestamp"]?.integerValue
  }

  mutating func read(_ reader: inout JSONReader) throws(JSONError) {
    try reader.object { (key, reader) throws(JSONError) in
      if key == "rate" {
        rate = try reader.integerOrNull()
      } else if key == "width" {
        width = try reader.integerOrNull()
      } else if key == "channels" {
        channels = try reader.integerOrNull()
      } else if key == "timestamp" {
        timestamp = try reader.integerOrNull()
      } else {
        return false
      }
      return true
    }
  }

  func audio() throws(WyomingError) -> WyomingAudio {
    guard let rate, let width, let channels else {
      throw .dataMalformed(type: "audio-chunk", "rate, width or channels is missing")
    }
    let format = WyomingAudioFormat(
      rateHz: Int(clamping: rate), width: Int(clamping: width), channels: Int(clamping: channels))
    if !format.isPlausible {
      throw .dataMalformed(type: "audio-chunk", "\(rate) Hz, \(width) bytes, \(channels) channels")
    }
    return WyomingAudio(format, timestamp: timestamp)
  }
}
