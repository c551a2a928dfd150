// SPDX-License-Identifier: Apache-2.0
import Wyoming

/// Encoded messages that have not gone out yet, in one reused buffer.
public struct WyomingOutgoing {
  /// Kept between messages for reuse; what is above is given back.
  static let bufferKeptBytes = 128 << 10

  private var encoder = WyomingEncoder()
  private var bytes: [UInt8] = []
  private var sent = 0

  public init() {}

  /// Bytes waiting.
  public var count: Int { bytes.count - sent }

  public mutating func append(_ event: WyomingEvent) {
    makeRoom()
    encoder.append(event, to: &bytes)
  }

  public mutating func append(_ audio: WyomingAudio, _ payload: UnsafeRawBufferPointer) {
    makeRoom()
    encoder.append(audio, payload, to: &bytes)
  }

  /// Adds what waits in `other`.
  public mutating func append(_ other: WyomingOutgoing) {
    makeRoom()
    bytes.append(contentsOf: other.bytes[other.sent...])
  }

  /// Offers all of it to the kernel once.
  mutating func send(to socket: Int32) -> SocketIO.Outcome {
    let outcome = bytes.withUnsafeBytes {
      SocketIO.send(socket, UnsafeRawBufferPointer(rebasing: $0[sent...]))
    }
    if case .moved(let count) = outcome { sent += count }
    if sent == bytes.count { clear() }
    return outcome
  }

  private mutating func clear() {
    sent = 0
    if bytes.capacity > Self.bufferKeptBytes {
      bytes = []
    } else {
      bytes.removeAll(keepingCapacity: true)
    }
  }

  /// Moves what is left to the front once more than half has gone: each byte moves once at most.
  private mutating func makeRoom() {
    guard sent > bytes.count / 2 else { return }
    bytes.removeSubrange(..<sent)
    sent = 0
  }
}
