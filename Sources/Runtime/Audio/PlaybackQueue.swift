// SPDX-License-Identifier: Apache-2.0

/// Samples that wait to be played: interleaved S16, first in first out, at most `samplesMax`.
struct PlaybackQueue {
  let samplesMax: Int
  /// Samples that found no room, since `init`.
  private(set) var refusedCount: UInt64 = 0

  private var samples: [Int16] = []
  private var head = 0

  init(samplesMax: Int) { self.samplesMax = samplesMax }

  var count: Int { samples.count - head }
  var isEmpty: Bool { count == 0 }

  /// Takes what there is room for; the rest is refused and counted.
  mutating func append(_ new: UnsafeBufferPointer<Int16>) {
    let taken = min(new.count, max(0, samplesMax - count))
    refusedCount &+= UInt64(new.count - taken)
    samples.append(contentsOf: new.prefix(taken))
  }

  /// Silence is never refused: it lets the end of a stream be heard.
  mutating func appendSilence(_ count: Int) {
    samples.append(contentsOf: repeatElement(0, count: count))
  }

  /// The waiting samples, for the call.
  func withSamples<Result>(_ body: (UnsafeBufferPointer<Int16>) -> Result) -> Result {
    samples.withUnsafeBufferPointer { body(UnsafeBufferPointer(rebasing: $0[head...])) }
  }

  mutating func consume(_ count: Int) {
    head += count
    if head == samples.count {
      samples.removeAll(keepingCapacity: true)
      head = 0
    } else if head >= 1 << 16 {
      samples.removeFirst(head)
      head = 0
    }
  }

  /// Throws away what waits, and the memory of a long stream.
  mutating func clear() {
    samples.removeAll(keepingCapacity: samples.capacity <= 1 << 16)
    head = 0
  }
}
