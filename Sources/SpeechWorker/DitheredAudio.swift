// SPDX-License-Identifier: Apache-2.0

/// Hands out samples in parts of at most 20 ms with dither added, without allocating.
final class DitheredAudio {
  private var dither = Dither()
  private let scratch = UnsafeMutableBufferPointer<Int16>.allocate(capacity: 320)

  deinit { scratch.deallocate() }

  /// Calls `body` with each part in order, borrowed for the call.
  func forEachPart<Failure: Error>(
    of samples: UnsafeBufferPointer<Int16>,
    _ body: (UnsafeBufferPointer<Int16>) throws(Failure) -> Void
  ) throws(Failure) {
    var offset = 0
    while offset < samples.count {
      let count = min(scratch.count, samples.count - offset)
      dither.copy(UnsafeBufferPointer(rebasing: samples[offset..<offset + count]), to: scratch)
      offset += count
      try body(UnsafeBufferPointer(rebasing: scratch[..<count]))
    }
  }
}
