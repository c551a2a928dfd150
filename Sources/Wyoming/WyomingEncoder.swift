// SPDX-License-Identifier: Apache-2.0
import JSON

/// Writes messages byte for byte as the Python library does.
public struct WyomingEncoder {
  /// The version of the protocol that we follow; informational.
  public static let protocolVersion = "1.10.2"

  private let version: String
  private var audioFormat: WyomingAudioFormat?
  /// `{"type": "audio-chunk", "version": "…", "data_length": `
  private let audioHeader: [UInt8]
  /// `{"rate": …, "width": …, "channels": …, "timestamp": `
  private var audioData: [UInt8] = []
  private var timestamp: [UInt8] = []

  public init(version: String = protocolVersion) {
    self.version = version
    audioHeader = Array(
      "{\"type\": \"audio-chunk\", \"version\": \"\(version)\", \"data_length\": ".utf8)
  }

  public func append(_ event: WyomingEvent, to out: inout [UInt8]) { append(event.frame, to: &out) }

  public func append(_ frame: WyomingFrame, to out: inout [UInt8]) {
    let writer = JSONWriter(.spaced)
    var data: [UInt8] = []
    if !frame.data.isEmpty { writer.append(frame.data, to: &data) }
    var header: JSONObject = ["type": .string(frame.type), "version": .string(version)]
    if !data.isEmpty { header["data_length"] = .integer(Int64(data.count)) }
    if !frame.payload.isEmpty { header["payload_length"] = .integer(Int64(frame.payload.count)) }
    writer.append(header, to: &out)
    out.append(UInt8(ascii: "\n"))
    out.append(contentsOf: data)
    out.append(contentsOf: frame.payload)
  }

  /// Appends an audio chunk; without an allocation when `out` has the room.
  public mutating func append(
    _ audio: WyomingAudio, _ payload: UnsafeRawBufferPointer, to out: inout [UInt8]
  ) {
    if audio.format != audioFormat { prepare(audio.format) }
    timestamp.removeAll(keepingCapacity: true)
    if let value = audio.timestamp {
      JSONWriter.append(value, to: &timestamp)
    } else {
      timestamp.append(contentsOf: Self.null)
    }
    out.append(contentsOf: audioHeader)
    JSONWriter.append(Int64(audioData.count + timestamp.count + 1), to: &out)
    if !payload.isEmpty {
      out.append(contentsOf: Self.payloadLength)
      JSONWriter.append(Int64(payload.count), to: &out)
    }
    out.append(contentsOf: Self.headerEnd)
    out.append(contentsOf: audioData)
    out.append(contentsOf: timestamp)
    out.append(UInt8(ascii: "}"))
    out.append(contentsOf: payload)
  }

  private mutating func prepare(_ format: WyomingAudioFormat) {
    audioFormat = format
    let fields = "\"rate\": \(format.rateHz), \"width\": \(format.width), \"channels\": \(format.channels)"
    audioData = Array("{\(fields), \"timestamp\": ".utf8)
  }

  private static let null = Array("null".utf8)
  private static let payloadLength = Array(", \"payload_length\": ".utf8)
  private static let headerEnd = Array("}\n".utf8)
}
