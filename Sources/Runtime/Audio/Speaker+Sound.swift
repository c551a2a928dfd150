// SPDX-License-Identifier: Apache-2.0
import Loop

extension Speaker {
  /// Plays a sound in place of what is playing; `done` as in `finish`.
  public func play(_ sound: Sound, _ done: @escaping @LoopActor (Bool) -> Void = { _ in }) {
    begin(rateHz: sound.rateHz, channels: sound.channels)
    sound.samples.withUnsafeBufferPointer { write($0) }
    finish(done)
  }
}
