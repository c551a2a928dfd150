// SPDX-License-Identifier: Apache-2.0

/// The last seconds of the microphone, addressed by absolute position.
///
/// All memory is taken by `init`; appending and reading allocate nothing. Not thread-safe: it
/// belongs to whoever owns it.
public struct AudioRing: ~Copyable {
  /// Samples kept.
  public let capacity: Int
  /// The position after the newest sample.
  public private(set) var end: SamplePosition
  private var count = 0
  // SAFETY: allocated in init with `capacity` initialised samples, freed in deinit; never escapes
  // but as buffers borrowed for the length of a call.
  private let storage: UnsafeMutablePointer<Int16>

  /// - Parameter capacity: in samples, at least 1.
  public init(capacity: Int, startingAt position: SamplePosition = 0) {
    precondition(capacity > 0, "a ring holds at least one sample")
    self.capacity = capacity
    end = position
    storage = .allocate(capacity: capacity)
    storage.initialize(repeating: 0, count: capacity)
  }

  deinit { storage.deallocate() }

  /// What can be read: the oldest sample kept up to `end`.
  public var available: Range<SamplePosition> { end - SamplePosition(count)..<end }

  /// Adds samples at `end`, overwriting the oldest.
  public mutating func append(_ samples: UnsafeBufferPointer<Int16>) {
    end += SamplePosition(samples.count)
    count = min(capacity, count + samples.count)
    let kept = UnsafeBufferPointer(rebasing: samples.suffix(capacity))
    guard let source = kept.baseAddress else { return }
    let offset = self.offset(of: end - SamplePosition(kept.count))
    let head = min(kept.count, capacity - offset)
    (storage + offset).update(from: source, count: head)
    storage.update(from: source + head, count: kept.count - head)
  }

  /// Samples were lost before the next append: what is kept is forgotten, positions go on.
  public mutating func skip(_ lost: Int) {
    precondition(lost >= 0, "positions never go back")
    end += SamplePosition(lost)
    count = 0
  }

  /// Calls `body` with up to two contiguous pieces that together are `range`, oldest first.
  ///
  /// - Returns: the range delivered. It begins later than asked when that audio is gone, ends
  ///   earlier when it has not been heard yet, and is empty when nothing of it is here.
  @discardableResult
  public func visit<E: Error>(
    _ range: Range<SamplePosition>, _ body: (UnsafeBufferPointer<Int16>) throws(E) -> Void
  ) throws(E) -> Range<SamplePosition> {
    let delivered = range.clamped(to: available)
    guard !delivered.isEmpty else { return delivered }
    let offset = self.offset(of: delivered.lowerBound)
    let head = min(delivered.count, capacity - offset)
    try body(UnsafeBufferPointer(start: storage + offset, count: head))
    let rest = delivered.count - head
    if rest > 0 { try body(UnsafeBufferPointer(start: storage, count: rest)) }
    return delivered
  }

  /// Copies `range` to the front of the caller's buffer, at most as much as fits there.
  ///
  /// - Returns: the range copied, as `visit` does.
  @discardableResult
  public func copy(
    _ range: Range<SamplePosition>, into buffer: UnsafeMutableBufferPointer<Int16>
  ) -> Range<SamplePosition> {
    let wanted = range.clamped(to: available)
    let fitting = wanted.lowerBound..<min(wanted.upperBound, wanted.lowerBound + Int64(buffer.count))
    guard let target = buffer.baseAddress else { return wanted.lowerBound..<wanted.lowerBound }
    var written = 0
    return visit(fitting) { piece in
      guard let source = piece.baseAddress else { return }
      (target + written).update(from: source, count: piece.count)
      written += piece.count
    }
  }

  private func offset(of position: SamplePosition) -> Int {
    let remainder = Int(position % SamplePosition(capacity))
    return remainder < 0 ? remainder + capacity : remainder
  }
}
