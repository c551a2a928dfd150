// SPDX-License-Identifier: Apache-2.0
import Wyoming

extension FuzzTarget {
  /// A peer's stream: pieces of any size give the same messages, and each message survives being sent
  /// on.
  static let wyoming = FuzzTarget("wyoming") { input in
    let whole = WyomingStreamReader(input, pieceBytes: max(1, input.count))
    let pieces = WyomingStreamReader(input, pieceBytes: 1 + input.count % 61)
    Promise.holds(whole == pieces, "any split of a stream gives \(whole)")
    for element in whole.elements {
      if case .frame(let frame) = element { checkFrame(frame) }
    }
  }

  private static func checkFrame(_ frame: WyomingFrame) {
    var bytes: [UInt8] = []
    WyomingEncoder().append(frame, to: &bytes)
    let again = bytes.withUnsafeBytes { WyomingStreamReader($0, pieceBytes: $0.count) }
    if frame.type != "audio-chunk" {
      Promise.holds(again.elements == [.frame(frame)], "\(frame) survives being sent on: \(again)")
    }
    guard let event = try? WyomingEvent(frame) else { return }
    let second = try? WyomingEvent(event.frame)
    Promise.holds(second == event, "\(event) survives being sent on")
  }
}

/// Everything that a stream holds, up to its first error.
private struct WyomingStreamReader: Equatable {
  var elements: [WyomingDecoder.Element] = []
  /// Of each audio chunk.
  var payloads: [[UInt8]] = []
  var error: WyomingError?

  init(_ bytes: UnsafeRawBufferPointer, pieceBytes: Int) {
    var decoder = WyomingDecoder()
    for start in stride(from: 0, to: bytes.count, by: pieceBytes) {
      let piece = bytes[start..<min(start + pieceBytes, bytes.count)]
      decoder.append(UnsafeRawBufferPointer(rebasing: piece))
      Promise.holds(decoder.bufferedCount <= start + pieceBytes, "no more is kept than has come")
      if !read(&decoder) { return }
    }
  }

  /// False after an error, which stays.
  private mutating func read(_ decoder: inout WyomingDecoder) -> Bool {
    do throws(WyomingError) {
      while let element = try decoder.next() {
        elements.append(element)
        if case .audio(_, let count) = element { payloads.append(Self.payload(decoder, count)) }
      }
      return true
    } catch {
      self.error = error
      Promise.holds(decoder.bufferedCount == 0, "nothing is kept of a stream that is over")
      return false
    }
  }

  private static func payload(_ decoder: WyomingDecoder, _ count: Int) -> [UInt8] {
    var payload = [UInt8](repeating: 0, count: count)
    let copied = payload.withUnsafeMutableBytes { decoder.copyPayload(from: 0, into: $0) }
    Promise.holds(copied == count, "a chunk of \(count) bytes is there as a whole")
    return payload
  }
}
