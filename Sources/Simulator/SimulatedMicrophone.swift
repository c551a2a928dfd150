// SPDX-License-Identifier: Apache-2.0
import Loop
import Runtime
import Speech
import Time

/// A microphone in a simulated room: somebody speaks or is silent, the device sleeps, loses frames, is
/// unplugged. Asleep it costs nothing, so that hours of silence pass in no time.
@LoopActor final class SimulatedMicrophone: Microphone {
  var onFrame: (@LoopActor (UnsafeBufferPointer<Int16>, Instant) -> Void)?
  var onEvent: (@LoopActor (AudioEvent) -> Void)?
  private(set) var isAwake = false
  private(set) var isPlugged = true

  private let loop = LoopActor.shared.loop
  private var random: SeededGenerator
  private let silence: [[Int16]]
  private let speech: [[Int16]]
  private var isStarted = false
  private var speaksUntil = Instant.zero
  private var lost = 0
  private var due = Instant.zero
  private var timer: TimerToken?
  private lazy var tick: @LoopActor () -> Void = { [unowned self] in deliver() }

  init(random: SeededGenerator) {
    var random = random
    silence = (0..<16).map { _ in Self.frame(level: 40, &random) }
    speech = (0..<16).map { _ in Self.frame(level: 6000, &random) }
    self.random = random
  }

  func start() {
    isStarted = true
    open()
  }

  func stop() {
    isStarted = false
    pause()
  }

  // MARK: The room

  /// Somebody speaks from now on for so long.
  func speak(for duration: Duration) { speaksUntil = max(speaksUntil, loop.now + duration) }

  /// The device wakes, as from a runtime suspend.
  func wake() {
    guard isStarted, isPlugged, !isAwake else { return }
    onEvent?(.resumed)
    run()
  }

  func sleep() {
    guard isAwake else { return }
    pause()
    onEvent?(.suspended)
  }

  func unplug() {
    guard isPlugged else { return }
    isPlugged = false
    pause()
    if isStarted { onEvent?(.unplugged) }
  }

  func plug() {
    guard !isPlugged else { return }
    isPlugged = true
    if isStarted { open() }
  }

  /// Frames are lost.
  func overrun() {
    guard isAwake else { return }
    lost += 1
    due = due + AudioFormat.frameDuration * 3
    onEvent?(.xrun(total: lost))
  }

  private func open() {
    guard isPlugged else { return }
    onEvent?(.opened("simulated microphone, 16000 Hz"))
    run()
  }

  private func run() {
    isAwake = true
    due = loop.now + AudioFormat.frameDuration
    timer = loop.at(due, name: "simulated microphone", tick)
  }

  private func pause() {
    isAwake = false
    if let timer { loop.cancel(timer) }
    timer = nil
  }

  private func deliver() {
    let frame = random.pick(due <= speaksUntil ? speech : silence)
    let captured = due
    due = due + AudioFormat.frameDuration
    timer = loop.at(due, name: "simulated microphone", tick)
    frame.withUnsafeBufferPointer { onFrame?($0, captured) }
  }

  private static func frame(level: Int16, _ random: inout SeededGenerator) -> [Int16] {
    (0..<AudioFormat.frameSamples).map { _ in Int16.random(in: -level...level, using: &random) }
  }
}
