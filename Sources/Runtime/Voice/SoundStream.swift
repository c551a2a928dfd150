// SPDX-License-Identifier: Apache-2.0
import Loop
import Time

/// Sounds on their way from whoever makes them to the loudspeaker.
@LoopActor public final class SoundStream {
  private var sounds: [Sound] = []
  private var head = 0
  private var isEnded = false
  private var waiter: Waiter<Void>?
  public private(set) var isCancelled = false

  public init() {}

  /// What is made after `end` or `cancel` is dropped.
  public func append(_ sound: Sound) {
    if isEnded { return }
    sounds.append(sound)
    wake()
  }

  /// No more comes; what is there is heard.
  public func end() {
    isEnded = true
    wake()
  }

  /// Nothing of it is to be heard any more.
  public func cancel() {
    (isCancelled, isEnded) = (true, true)
    (sounds, head) = ([], 0)
    wake()
  }

  /// The next sound; nil when it has ended.
  /// - Throws: `DeadlineExceeded` when there is none by then; `CancellationError`.
  func next(until deadline: Instant?) async throws -> Sound? {
    while head == sounds.count {
      if isEnded { return nil }
      try await LoopActor.shared.loop.wait(on: "sound", until: deadline) { waiter = $0 }
    }
    head += 1
    let sound = sounds[head - 1]
    if head == sounds.count { (sounds, head) = ([], 0) }
    return sound
  }

  private func wake() { waiter.take()?.resume(returning: ()) }
}
