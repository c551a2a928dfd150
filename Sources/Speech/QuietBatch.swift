// SPDX-License-Identifier: Apache-2.0

/// When what was heard goes to the wake engine: each frame at once while somebody speaks and for a
/// moment after, several together while nobody does, since each send wakes a worker up. A pure
/// value; allocates nothing.
public struct QuietBatch: Sendable {
  /// Frames that go together at most: 80 ms.
  public static let framesMax = 4
  /// So many frames from one of speech on go at once (1 s): the engine judges a phrase by what follows.
  public static let tailFrames = 50

  private var waiting = 0
  private var tail = 0

  public init() {}

  /// Counts the next frame. True: it and those that wait are to go now.
  public mutating func isDue(isSpeech: Bool) -> Bool {
    tail = isSpeech ? Self.tailFrames : max(0, tail - 1)
    waiting += 1
    if tail == 0, waiting < Self.framesMax { return false }
    waiting = 0
    return true
  }
}
