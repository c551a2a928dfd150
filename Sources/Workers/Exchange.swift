// SPDX-License-Identifier: Apache-2.0
import Glibc
import Loop
import Posix
import Time
import Wyoming
import WyomingTransport

/// One question to a service over a connection of its own, from connecting to the answer.
///
/// Ends exactly once: with an answer, with an error, or at the deadline. What is sent before the
/// connection stands is kept, bounded, and goes out first.
@LoopActor final class Exchange<Answer: Sendable> {
  /// Audio waiting for the service at most, 8 s of 16 kHz mono; more fails the exchange.
  nonisolated static var audioBacklogMaxBytes: Int { 256 << 10 }

  /// A worker that does not listen is tried again for so long: it is back a moment after a crash.
  nonisolated static var patience: Duration { .milliseconds(1500) }
  nonisolated static var retryInterval: Duration { .milliseconds(50) }

  let service: WyomingService
  let stage: WorkerError.Stage
  /// Events that are not answered here already: not `error`, `ping`.
  var onEvent: (@LoopActor (WyomingEvent) -> Void)?
  var onAudio: WyomingStream.AudioHandler?

  private(set) var deadline: Instant
  private(set) var result: Result<Answer, WorkerError>?
  private let started: Instant
  private var stream: WyomingStream?
  private var waiting = WyomingOutgoing()
  private var waiter: Waiter<Answer>?
  private var timer: TimerToken?
  private var connecting: Task<Void, any Error>?
  private var isReadingPaused = false
  /// Why it is not connected yet.
  private var refusal: WorkerError.Reason?
  private var loop: EventLoop { LoopActor.shared.loop }

  /// Begins to connect.
  init(_ service: WyomingService, _ stage: WorkerError.Stage, until deadline: Instant) {
    self.service = service
    self.stage = stage
    self.deadline = deadline
    started = LoopActor.shared.loop.now
    if service.info == nil { waiting.append(.describe) }
    armTimer()
    connecting = LoopActor.spawn("\(service.name): \(stage.rawValue)") { await self.connect() }
  }

  /// Waits for the end. To be called once.
  /// - Throws: `WorkerError`; a cancelled task cancels the exchange.
  func answer() async throws(WorkerError) -> Answer {
    if result == nil {
      do {
        _ = try await loop.wait(on: "\(service.name): \(stage.rawValue)") {
          (waiter: Waiter<Answer>) in self.waiter = waiter
        }
      } catch is CancellationError {
        cancel()
      } catch {}
    }
    return try (result ?? .failure(service.error(stage, .cancelled))).get()
  }

  func cancel() { fail(.cancelled) }

  func fail(_ reason: WorkerError.Reason) { end(.failure(service.error(stage, reason))) }

  /// Ends the exchange unless it has ended. The connection is closed: its state is unknown now.
  func end(_ result: Result<Answer, WorkerError>) {
    guard self.result == nil else { return }
    self.result = result
    if let timer { loop.cancel(timer) }
    connecting?.cancel()
    stream?.close()
    stream = nil
    waiting = WyomingOutgoing()
    (onEvent, onAudio) = (nil, nil)
    switch result {
    case .success(let answer): waiter?.resume(returning: answer)
    case .failure(let error): waiter?.resume(throwing: error)
    }
    waiter = nil
  }

  // MARK: Sending

  func send(_ event: WyomingEvent) {
    guard result == nil else { return }
    if let stream { stream.send(event) } else { waiting.append(event) }
  }

  /// Sends a chunk; a service that does not take its audio fails the exchange: a gap in an
  /// utterance would give a wrong transcript.
  func sendAudio(_ audio: WyomingAudio, _ samples: UnsafeBufferPointer<Int16>) {
    guard result == nil else { return }
    let isTaken: Bool
    if let stream {
      isTaken = stream.sendAudio(audio, samples)
    } else {
      isTaken = waiting.count <= Self.audioBacklogMaxBytes
      if isTaken { waiting.append(audio, UnsafeRawBufferPointer(samples)) }
    }
    if !isTaken {
      fail(.tooSlow("more than \(Self.audioBacklogMaxBytes) bytes of audio wait for it"))
    }
  }

  // MARK: Receiving

  func setDeadline(_ deadline: Instant) {
    let isEarlier = deadline < self.deadline
    self.deadline = deadline
    if isEarlier, result == nil { armTimer() }
  }

  func pauseReading() {
    isReadingPaused = true
    stream?.pauseReading()
  }

  func resumeReading() {
    isReadingPaused = false
    stream?.resumeReading()
  }

  private func connect() async {
    var limits = service.limits
    limits.audioBacklogMaxBytes = Self.audioBacklogMaxBytes
    while true {
      do {
        let stream = try await Connector.connect(
          to: service.endpoint, until: deadline, limits: limits)
        return result == nil ? attach(stream) : stream.close()
      } catch {
        service.info = nil
        guard isRefused(error), loop.now - started < Self.patience else {
          return fail(.init(connecting: error, took: loop.now - started))
        }
        refusal = .init(connecting: error, took: loop.now - started)
      }
      do { try await loop.sleep(for: Self.retryInterval) } catch { return cancel() }
      if result != nil { return }
    }
  }

  /// Nobody listens there now: a worker that is being started again will in a moment.
  private func isRefused(_ error: any Error) -> Bool {
    guard let error = error as? SystemError else { return false }
    return error.errno == ECONNREFUSED || error.errno == ENOENT
  }

  private func attach(_ stream: WyomingStream) {
    self.stream = stream
    refusal = nil
    stream.onEvent = { [weak self] in self?.receive($0) }
    stream.onAudio = { [weak self] in self?.onAudio?($0, $1) }
    stream.onClose = { [weak self] closing in
      self?.service.info = nil
      self?.fail(.init(closing))
    }
    if isReadingPaused { stream.pauseReading() }
    stream.send(waiting)
    waiting = WyomingOutgoing()
  }

  private func receive(_ event: WyomingEvent) {
    switch event {
    case .info(let info):
      if let error = service.accept(info, for: stage) { return end(.failure(error)) }
      onEvent?(event)
    case .error(let text, let code): fail(.init(text: text, code: code))
    case .ping(let text): stream?.send(.pong(text: text))
    default: onEvent?(event)
    }
  }

  private func armTimer() {
    if let timer { loop.cancel(timer) }
    timer = loop.at(deadline, name: "exchange") { [self] in
      guard result == nil else { return }
      // The deadline may have been moved meanwhile.
      if loop.now < deadline { return armTimer() }
      service.info = nil
      fail(refusal ?? .expired(after: loop.now - started))
    }
  }
}
