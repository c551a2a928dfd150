// SPDX-License-Identifier: Apache-2.0
import Configuration
import Log
import Loop
import Posix
import Spelling
import Time

/// Keeps a worker's process running: starts it, puts its output into our log, starts it again with
/// backoff when it ends. Who talks to it is not this class's business.
@LoopActor public final class ChildWorker {
  /// First pause before a restart; doubles up to the configured bound.
  static let backoffMin: Duration = .milliseconds(100)
  /// A worker that ran so long starts again from the first pause.
  static let stableAfter: Duration = .seconds(10)
  /// Between SIGTERM and SIGKILL.
  static let stopGrace: Duration = .seconds(2)

  public let name: String
  /// Starts after the first.
  public var restarts: Int { max(0, attempts - 1) }
  public private(set) var attempts = 0
  /// Called each time a process has been started.
  public var onStart: (@LoopActor () -> Void)?
  /// Called each time the process has ended, also when it was asked to.
  public var onEnd: (@LoopActor (ChildStatus) -> Void)?

  private let program: Program
  private let readsOurFiles: Bool
  private let log: Logger
  private let loop = LoopActor.shared.loop
  private var child: Child?
  private var output: [LineReader] = []
  private var started = Instant.zero
  private var backoff: Backoff
  private var timer: TimerToken?
  private var stopped: Waiter<Void>?
  private var isStopping = false

  public var pid: Int32? { child?.pid }

  /// - Parameter settings: an entry whose place is `.child`.
  public init(_ settings: WorkerSettings, arguments: [String], environment: [String]? = nil) {
    name = settings.name
    if case .child(let argv) = settings.place {
      readsOurFiles = argv.contains { $0 == "{options}" || $0.contains("{directory}") }
    } else {
      readsOurFiles = false
    }
    backoff = Backoff(first: Self.backoffMin, longest: settings.restartBackoffMax)
    log = Logger(settings.name)
    let inherited = environment ?? ServiceManager.environmentLines
    program = Program(
      arguments, environment: inherited + ["\(Logging.supervisedVariable)=1"], output: .pipe, error: .pipe,
      niceness: Int32(clamping: settings.nice), isBatch: true,
      addressSpaceMax: settings.memoryMaxBytes.map { UInt64(clamping: $0) })
  }

  public func start() {
    timer = nil
    attempts += 1
    do {
      let child = try Child(program) { [weak self] in self?.exited($0) }
      self.child = child
      output = try child.readLines { [unowned self] in pass(on: $0) }
      started = loop.now
      log.settle("start")
      log.debug("started, pid \(child.pid)")
      onStart?()
    } catch {
      log.once(
        "start", level: .error, "cannot be started: \(error). Is it installed? (workers.\(name).command)")
      // One that runs already is started again by its exit.
      if let child { child.signal(9) } else { restartLater() }
    }
  }

  /// Ends the process, within `stopGrace` and a little.
  public func stop() async {
    isStopping = true
    if let timer { loop.cancel(timer) }
    guard let child else { return }
    child.stop(grace: Self.stopGrace)
    try? await loop.wait(on: "worker \(name) to end", until: loop.now + Self.stopGrace + .seconds(1)) {
      (waiter: Waiter<Void>) in stopped = waiter
    }
  }

  /// Sends SIGHUP, read your files again, to a program that was given any of ours: to others it may
  /// mean the end.
  public func reload() { if readsOurFiles { child?.signal(1) } }

  /// A line of the child: with its own level if it is one of our programs, else as information.
  /// What it complains of at each of its starts is worth a line now and then.
  private func pass(on line: String) {
    guard let event = LogEvent(supervised: line) else { return log.info(line) }
    let text = event.module == name ? event.message : "\(event.module): \(event.message)"
    if event.level < .warning { return log.log(event.level, text) }
    log.once("said.\(text)", level: event.level, text)
  }

  private func exited(_ status: ChildStatus) {
    child = nil
    for reader in output { reader.finish() }
    output = []
    onEnd?(status)
    if isStopping {
      stopped?.resume(returning: ())
      return
    }
    let seconds = tenths((loop.now - started).milliseconds / 1000)
    log.once(
      "end", level: .warning, every: .seconds(60),
      "ended with \(status) after \(seconds) s; starting it again")
    if loop.now - started >= Self.stableAfter { backoff.reset() }
    restartLater()
  }

  private func restartLater() {
    timer = loop.after(backoff.next(using: &loop.random), name: "restart worker") { [unowned self] in start()
    }
  }
}
