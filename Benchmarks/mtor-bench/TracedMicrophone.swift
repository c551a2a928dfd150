// SPDX-License-Identifier: Apache-2.0
import Loop
import Runtime
import Time

/// A microphone that remembers when its frames were captured, and where the first sound was.
/// Hands everything on as it came; captures from `begin()` on, whoever has called `start()` before.
@LoopActor final class TracedMicrophone: Microphone {
  var onFrame: (@LoopActor (UnsafeBufferPointer<Int16>, Instant) -> Void)?
  var onEvent: (@LoopActor (AudioEvent) -> Void)?
  /// Called after each frame has gone its way.
  var onHandled: (@LoopActor () -> Void)?

  /// When the last sample of each frame was captured; as many as were asked for.
  private(set) var captured: [Instant] = []
  /// Sample that was the first one not zero; and how many came.
  private(set) var firstSound: Int?
  private(set) var sampleCount = 0
  private var lastCaptured = Instant.zero
  private let real: any Microphone
  private let framesMax: Int

  init(_ real: any Microphone, framesMax: Int) {
    self.real = real
    self.framesMax = framesMax
    captured.reserveCapacity(framesMax)
    real.onEvent = { [unowned self] in onEvent?($0) }
    real.onFrame = { [unowned self] in hear($0, $1) }
  }

  func start() {}
  func begin() { real.start() }
  func stop() { real.stop() }

  /// When the sample at `position` was, or will be, captured: counted from the latest frame.
  func instant(of position: Int) -> Instant {
    lastCaptured + .nanoseconds(Int64(position - sampleCount) * 62_500)
  }

  private func hear(_ samples: UnsafeBufferPointer<Int16>, _ at: Instant) {
    if firstSound == nil, let index = samples.firstIndex(where: { $0 != 0 }) {
      firstSound = sampleCount + index
    }
    sampleCount += samples.count
    lastCaptured = at
    if captured.count < framesMax { captured.append(at) }
    onFrame?(samples, at)
    onHandled?()
  }
}
