// SPDX-License-Identifier: Apache-2.0
import Log
import Loop
import Speech
import Wyoming
import WyomingTransport

/// `detect`, audio → `detection` for each wake phrase, `not-detected` at the end without one.
@LoopActor final class WakeSession: ListeningSession {
  private let pool: EnginePool<WakeSpotter>
  private let slot: EngineSlot<WakeSpotter>
  private let stream: WyomingStream
  /// Phrases asked for; empty: all.
  private let names: Set<String>
  /// Of this stream alone: work on the one before may still be waiting.
  private var input = AudioInput()
  private let buffer = QueueBuffer()
  private var isRunning = false
  private var isClosed = false
  private var count = 0
  private let log = Logger("wake")

  /// nil when all engines are taken.
  init?(_ pool: EnginePool<WakeSpotter>, names: [String], _ stream: WyomingStream) {
    guard let slot = pool.take() else { return nil }
    self.pool = pool
    self.slot = slot
    self.stream = stream
    self.names = Set(names)
  }

  var isFull: Bool { input.isFull }

  func begin() {
    if isRunning { end() }
    (isRunning, count) = (true, 0)
    input = AudioInput()
    run { spotter in try spotter.start() }
  }

  func hear(_ samples: UnsafeBufferPointer<Int16>) {
    if !isRunning { begin() }
    guard input.append(samples) else { return }
    let (input, buffer) = (input, buffer)
    run { [weak self] spotter in
      input.take(into: &buffer.samples)
      let found = try buffer.samples.withUnsafeBufferPointer { try spotter.process($0) }
      LoopActor.shared.loop.execute {
        if let found { self?.tell(found) }
        self?.stream.resumeReading()
      }
    }
  }

  func end() {
    guard isRunning else { return }
    isRunning = false
    run { [weak self] spotter in
      try spotter.stop()
      LoopActor.shared.loop.execute { self?.tellNothing() }
    }
  }

  func close() {
    guard !isClosed else { return }
    isClosed = true
    input.clear()
    if isRunning { run { spotter in try spotter.stop() } }
    pool.give(slot)
  }

  private func tell(_ found: WakeSpotter.Detection) {
    guard !isClosed, names.isEmpty || names.contains(found.phrase) else { return }
    count += 1
    log.debug("'\(found.phrase)', margin \(found.margin ?? 0)")
    stream.send(.detection(name: found.phrase, timestamp: found.end / 16))
  }

  private func tellNothing() {
    if !isClosed, count == 0 { stream.send(.notDetected) }
  }

  private func run(_ work: @escaping @Sendable (WakeSpotter) throws -> Void) {
    slot.run(failed: { [weak self] error in self?.fail(error) }, work)
  }

  private func fail(_ error: any Error) {
    log.once("failed", level: .error, "\(error)")
    if !isClosed { stream.send(.error(text: "\(error)", code: "wake-failed")) }
  }
}
