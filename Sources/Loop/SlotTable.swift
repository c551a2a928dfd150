// SPDX-License-Identifier: Apache-2.0

/// The registrations, by descriptor number. In chunks that never move, so that an event finds its
/// handler without bounds and exclusivity checks on the way (docs/decisions/0001-event-loop.md).
struct SlotTable {
  // SAFETY: touched on the loop's thread only. A pointer stays valid as long as the table, and a
  // token exists only for a descriptor whose chunk does.
  private static let chunkSize = 256
  private static let chunksMax = 256
  /// Descriptor numbers from here on cannot be watched.
  static let descriptorsMax = chunkSize * chunksMax

  private let chunks: UnsafeMutablePointer<UnsafeMutablePointer<Slot>?>

  init() {
    chunks = .allocate(capacity: Self.chunksMax)
    chunks.initialize(repeating: nil, count: Self.chunksMax)
  }

  /// The slot of a descriptor that has been watched before.
  @inline(__always) subscript(token: WatchToken) -> UnsafeMutablePointer<Slot> {
    chunks[token.fd / Self.chunkSize].unsafelyUnwrapped + token.fd % Self.chunkSize
  }

  /// The slot of any descriptor; nil when its number is too high.
  func make(_ fd: Int) -> UnsafeMutablePointer<Slot>? {
    guard (0..<Self.descriptorsMax).contains(fd) else { return nil }
    let chunk = fd / Self.chunkSize
    if chunks[chunk] == nil {
      let new = UnsafeMutablePointer<Slot>.allocate(capacity: Self.chunkSize)
      new.initialize(repeating: Slot(), count: Self.chunkSize)
      chunks[chunk] = new
    }
    return chunks[chunk]! + fd % Self.chunkSize
  }

  func deallocate() {
    for index in 0..<Self.chunksMax {
      chunks[index]?.deinitialize(count: Self.chunkSize).deallocate()
    }
    chunks.deallocate()
  }
}

/// A registration, or what is left of one: the generation outlives it.
struct Slot {
  var generation: UInt32 = 0
  var name: StaticString = ""
  var handler: (@LoopActor (Interest) -> Void)?
}
