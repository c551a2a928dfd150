// SPDX-License-Identifier: Apache-2.0
import Log
import Loop
import Time
import Wyoming
import WyomingTransport

/// A connection to a service that is always wanted: opened again, with backoff, whenever it ends.
///
/// A service that accepts but does not answer counts as away: it has to answer `describe` after
/// connecting, and a probe whenever it was silent for `probeInterval`.
@LoopActor public final class WyomingConnection {
  public enum State: Sendable, Equatable {
    case stopped
    case connecting
    case connected
    /// Tried again; the error says why it is away.
    case away(WorkerError)
  }

  public struct Timing: Sendable {
    /// For connecting and the answer to `describe`.
    public var openTimeout: Duration = .seconds(5)
    /// Silence after which the service is asked for a sign of life, and time it has to give one.
    public var probeInterval: Duration = .seconds(10)
    public var backoff = Backoff()
    /// So long after `start` a service that does not listen yet is not told to be away.
    public var startPatience: Duration = .seconds(2)

    public init() {}
  }

  public let service: WyomingService
  public let stage: WorkerError.Stage
  public let timing: Timing
  public private(set) var state = State.stopped
  /// Called when the state changes; not for each failed attempt of the same kind.
  public var onState: (@LoopActor (State) -> Void)?
  /// Called with each fresh stream: the place to send what the service must know first.
  public var onOpen: (@LoopActor (WyomingStream) -> Void)?
  /// Events other than `info`, `error`, `ping` and `pong`.
  public var onEvent: (@LoopActor (WyomingEvent) -> Void)?
  /// The stream while it is open, be it described or not.
  public private(set) var stream: WyomingStream?

  /// Whether the service has answered a ping of this connection.
  private(set) var answersPings = false
  private var task: Task<Void, any Error>?
  private var waiter: Waiter<Void>?
  private var timer: TimerToken?
  private var probeSent: Instant?
  private var loop: EventLoop { LoopActor.shared.loop }
  private let log = Logger("worker")

  public init(_ service: WyomingService, for stage: WorkerError.Stage, timing: Timing = Timing()) {
    self.service = service
    self.stage = stage
    self.timing = timing
  }

  public func start() {
    guard task == nil else { return }
    enter(.connecting)
    task = LoopActor.spawn("\(service.name): \(stage.rawValue)") { try await self.run() }
  }

  public func stop() {
    task?.cancel()
    task = nil
    close()
    enter(.stopped)
  }

  // MARK: The flow

  private func run() async throws {
    var backoff = timing.backoff
    let began = loop.now
    while true {
      let error = await serve()
      if Task.isCancelled { return }
      if state == .connected { backoff.reset() }
      service.info = nil
      if !isStillStarting(error, since: began) { enter(.away(error)) }
      try await loop.sleep(for: backoff.next(using: &loop.random))
    }
  }

  /// A worker that was started together with us is not there at once, and that is no news.
  private func isStillStarting(_ error: WorkerError, since began: Instant) -> Bool {
    guard state == .connecting, case .unreachable = error.reason else { return false }
    return loop.now - began < timing.startPatience
  }

  /// One connection from its beginning to its end.
  /// - Returns: why it ended, or was never there.
  private func serve() async -> WorkerError {
    let started = loop.now
    do {
      let stream = try await Connector.connect(
        to: service.endpoint, until: started + timing.openTimeout, limits: service.limits)
      // Also when this is cancelled before it waits.
      defer { stream.close() }
      try await loop.wait(on: "\(service.name): end of connection") { (waiter: Waiter<Void>) in
        self.waiter = waiter
        open(stream)
      }
      return service.error(stage, .cancelled)
    } catch let error as WorkerError {
      return error
    } catch {
      return service.error(stage, .init(connecting: error, took: loop.now - started))
    }
  }

  private func open(_ stream: WyomingStream) {
    self.stream = stream
    (answersPings, probeSent) = (false, nil)
    stream.onEvent = { [weak self] in self?.receive($0) }
    stream.onClose = { [weak self] in self?.lose(.init($0)) }
    timer = loop.after(timing.openTimeout, name: "describe") { [weak self] in
      guard let self else { return }
      lose(.expired(after: timing.openTimeout))
    }
    stream.send(.describe)
    onOpen?(stream)
  }

  private func receive(_ event: WyomingEvent) {
    switch event {
    case .info(let info):
      if let error = service.accept(info, for: stage) { return lose(error) }
      if state != .connected {
        enter(.connected)
        probeLater()
      }
    case .error(let text, let code): lose(.init(text: text, code: code))
    case .ping(let text): stream?.send(.pong(text: text))
    case .pong: answersPings = true
    default: onEvent?(event)
    }
  }

  private func probeLater() {
    if let timer { loop.cancel(timer) }
    timer = loop.after(timing.probeInterval, name: "probe") { [weak self] in self?.probe() }
  }

  /// Asks a silent service for a sign of life. Few services answer pings, all answer `describe`;
  /// the first ping tells whether this one does.
  private func probe() {
    guard let stream else { return }
    let silence = loop.now - stream.lastReceived
    if let probeSent, stream.lastReceived < probeSent { return lose(.expired(after: silence)) }
    probeSent = nil
    if silence >= timing.probeInterval {
      probeSent = loop.now
      stream.send(.ping())
      if !answersPings { stream.send(.describe) }
    }
    probeLater()
  }

  private func lose(_ reason: WorkerError.Reason) { lose(service.error(stage, reason)) }

  private func lose(_ error: WorkerError) {
    close()
    waiter?.resume(throwing: error)
  }

  private func close() {
    if let timer { loop.cancel(timer) }
    stream?.close()
    stream = nil
  }

  // MARK: Telling

  private func enter(_ new: State) {
    let isNews = !new.isSameKind(as: state)
    state = new
    guard isNews else { return }
    tell(new)
    onState?(new)
  }

  private func tell(_ state: State) {
    switch state {
    case .connected:
      log.info("worker '\(service.name)' (\(service.endpoint)): connected for \(stage.rawValue)")
    case .away(let error): log.warning("\(error) (trying again)")
    case .stopped, .connecting: break
    }
  }
}

extension WyomingConnection.State {
  /// Whether telling both would be telling one thing twice.
  func isSameKind(as other: Self) -> Bool {
    switch (self, other) {
    case (.stopped, .stopped), (.connecting, .connecting), (.connected, .connected): true
    case (.away(let one), .away(let two)): one.reason.kind == two.reason.kind
    default: false
    }
  }
}

extension WorkerError.Reason {
  /// The reason without its details.
  var kind: String {
    switch self {
    case .unreachable, .closed: "gone"
    case .busy: "busy"
    case .expired, .tooSlow: "mute"
    case .malformed: "malformed"
    case .refused: "refused"
    case .unsupported: "unsupported"
    case .cancelled: "cancelled"
    }
  }
}
