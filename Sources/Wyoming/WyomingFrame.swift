// SPDX-License-Identifier: Apache-2.0
import JSON

/// One message of the Wyoming protocol: a type, its data, raw bytes.
///
/// On the wire: one line of JSON (`type`, lengths), then the data as JSON, then the payload.
/// Source: github.com/OHF-Voice/wyoming, README "Format".
public struct WyomingFrame: Sendable, Equatable {
  public var type: String
  public var data: JSONObject
  public var payload: [UInt8]

  public init(_ type: String, _ data: JSONObject = [:], payload: [UInt8] = []) {
    self.type = type
    self.data = data
    self.payload = payload
  }
}
