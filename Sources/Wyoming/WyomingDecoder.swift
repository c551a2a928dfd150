// SPDX-License-Identifier: Apache-2.0
import JSON

/// Takes a peer's bytes in any split and gives out its messages. Pure: bytes in, messages out.
///
/// Call `append`, then `next` until it returns nil. Memory grows with the bytes that have come,
/// never with a length that was announced: at most the three limits and one `append`. Audio chunks
/// are given out without an allocation.
public struct WyomingDecoder {
  public enum Element: Equatable {
    case frame(WyomingFrame)
    /// An audio chunk of `payloadCount` bytes; they stay in the decoder for `copyPayload`.
    case audio(WyomingAudio, payloadCount: Int)
  }

  /// Kept between messages for reuse; what is above is given back.
  static let bufferKeptBytes = 128 << 10

  public let limits: WyomingLimits
  private var buffer: [UInt8] = []
  private var start = 0
  /// Bytes of the header line already searched for its end.
  private var searched = 0
  private var header: WyomingHeader?
  private var payload = 0..<0
  private var failure: WyomingError?

  public init(limits: WyomingLimits = WyomingLimits()) { self.limits = limits }

  /// Bytes received and not yet given out.
  public var bufferedCount: Int { buffer.count - start }

  /// Takes what was read from the peer. The payload of the last message is gone afterwards.
  public mutating func append(_ bytes: UnsafeRawBufferPointer) {
    if failure != nil { return }
    if start > 0 {
      buffer.removeSubrange(..<start)
      start = 0
      payload = 0..<0
    }
    if buffer.isEmpty, buffer.capacity > Self.bufferKeptBytes { buffer = [] }
    buffer.append(contentsOf: bytes)
  }

  /// The next complete message, or nil when more bytes are needed.
  /// - Throws: `WyomingError`, from then on at each call: the stream cannot be followed any more.
  public mutating func next() throws(WyomingError) -> Element? {
    if let failure { throw failure }
    do {
      return try decodeNext()
    } catch {
      failure = error
      buffer = []
      (start, payload) = (0, 0..<0)
      throw error
    }
  }

  /// Copies the payload of the audio chunk given out last, from `offset` on, as much as fits.
  /// - Returns: bytes copied.
  public func copyPayload(from offset: Int, into target: UnsafeMutableRawBufferPointer) -> Int {
    let count = min(payload.count - offset, target.count)
    guard count > 0, let base = target.baseAddress else { return 0 }
    buffer.withUnsafeBytes { bytes in
      guard let start = bytes.baseAddress else { return }
      base.copyMemory(from: start + payload.lowerBound + offset, byteCount: count)
    }
    return count
  }

  private mutating func decodeNext() throws(WyomingError) -> Element? {
    if header == nil { header = try takeHeader() }
    guard let header else { return nil }
    let data = start..<(start + header.dataLength)
    payload = data.upperBound..<(data.upperBound + header.payloadLength)
    guard buffer.count >= payload.upperBound else { return nil }
    self.header = nil
    start = payload.upperBound
    searched = 0
    if header.isAudioChunk {
      return .audio(try header.audio(buffer, data), payloadCount: payload.count)
    }
    return .frame(
      WyomingFrame(header.type, try header.data(buffer, data), payload: Array(buffer[payload])))
  }

  private mutating func takeHeader() throws(WyomingError) -> WyomingHeader? {
    guard let end = lineEnd() else {
      if searched > limits.headerMaxBytes { throw .headerTooLong(maxBytes: limits.headerMaxBytes) }
      return nil
    }
    if end - start > limits.headerMaxBytes { throw .headerTooLong(maxBytes: limits.headerMaxBytes) }
    let line = start..<end
    start = end + 1
    return try WyomingHeader(buffer, line, limits)
  }

  private mutating func lineEnd() -> Int? {
    var index = start + searched
    let end = buffer.withUnsafeBufferPointer { bytes in
      while index < bytes.count, bytes[index] != UInt8(ascii: "\n") { index += 1 }
      return index < bytes.count ? index : nil
    }
    searched = index - start
    return end
  }
}
