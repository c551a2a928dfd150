// SPDX-License-Identifier: Apache-2.0
import Speech

/// The last samples of a stream, kept by their position in it. Allocates only when made.
struct SampleRing: ~Copyable {
  private let storage: UnsafeMutableBufferPointer<Int16>
  /// Samples of the stream so far; the next one's position.
  private(set) var end: SamplePosition = 0

  init(capacity: Int) {
    storage = .allocate(capacity: capacity)
    storage.initialize(repeating: 0)
  }

  deinit { storage.deallocate() }

  var start: SamplePosition { max(0, end - SamplePosition(storage.count)) }

  mutating func reset() { end = 0 }

  mutating func append(_ samples: UnsafeBufferPointer<Int16>) {
    for sample in samples {
      storage[Int(end) % storage.count] = sample
      end += 1
    }
  }

  /// Copies what is still kept of `range` to `target`; returns how many samples that were.
  func copy(from first: SamplePosition, to target: UnsafeMutableBufferPointer<Int16>) -> Int {
    let first = max(first, start)
    let count = min(Int(end - first), target.count)
    for index in 0..<max(0, count) {
      target[index] = storage[Int(first + SamplePosition(index)) % storage.count]
    }
    return max(0, count)
  }
}
