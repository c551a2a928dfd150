// SPDX-License-Identifier: Apache-2.0
import Configuration
import Glibc
import Log
import Loop
import Runtime
import Time

/// A daemon as the process's main business: signals, reload, the orderly end.
@LoopActor final class DaemonProcess {
  /// The one of this process: the loop's handlers do not keep it.
  private static var running: DaemonProcess?

  /// Reads the configuration again; on a queue of its own, since it reads files.
  var read: (@Sendable () throws -> Settings)?
  /// Called once, before the loop stops.
  var onEnd: (@LoopActor (ExitCode) -> Void)?

  let daemon: Daemon
  private let log = Logger("mtor")
  private let loop = LoopActor.shared.loop
  private let queue = BlockingQueue("configuration", backlogMax: 2)
  private var signals: Signals?
  private var shutdown: Shutdown?
  private var isReloading = false
  /// Who asked while the configuration was being read: served together by the next reading.
  private var waiting: [Waiter<String?>] = []

  /// - Throws: as `Daemon.init`; `SystemError` for the signals.
  init(_ settings: Settings, directory: String, state: String) throws {
    // Before the daemon: its threads have to inherit the blocked signals.
    var handle: (@LoopActor (Int32) -> Void)?
    signals = try Signals(Self.signalNumbers) { handle?($0) }
    daemon = try Daemon(
      settings, devices: .forBoard(settings), directory: directory, state: state)
    let shutdown = Shutdown(drainLimit: Daemon.stopLimit) { [unowned self] in ended($0) }
    self.shutdown = shutdown
    shutdown.add("daemon", within: Daemon.stopLimit) { [daemon] in await daemon.stop() }
    handle = { [unowned self] in received($0) }
    daemon.onReload = { @LoopActor @Sendable [unowned self] in await reload() }
  }

  /// What ends or reloads the daemon waits from here on until it can be served. First thing in the
  /// process: later threads inherit it.
  nonisolated static func blockSignals() {
    var set = sigset_t()
    sigemptyset(&set)
    for signal in signalNumbers { sigaddset(&set, signal) }
    pthread_sigmask(SIG_BLOCK, &set, nil)
  }

  private nonisolated static let signalNumbers = [SIGTERM, SIGINT, SIGHUP]

  func start() throws {
    try daemon.start()
    Self.running = self
  }

  private func received(_ signal: Int32) {
    if signal == SIGHUP {
      // Any number of signals during one reading ask for one more.
      if waiting.isEmpty { LoopActor.spawn("reload") { [self] in _ = await reload() } }
    } else {
      let name = signal == SIGTERM ? "SIGTERM" : "SIGINT"
      log.info("\(name): ending")
      shutdown?.begin(reason: name)
    }
  }

  /// The text says what was wrong; nil: the settings as they were when it was called, or newer ones, are
  /// in force.
  private func reload() async -> String? {
    if isReloading {
      do {
        return try await loop.wait(on: "the reload before this one") { waiting.append($0) }
      } catch { return "the program ends" }
    }
    isReloading = true
    let outcome = await readAndTakeOver()
    isReloading = false
    if !waiting.isEmpty { LoopActor.spawn("reload") { [self] in await serveWaiting() } }
    return outcome
  }

  private func serveWaiting() async {
    let served = waiting
    waiting = []
    let outcome = await reload()
    for waiter in served { waiter.resume(returning: outcome) }
  }

  private func readAndTakeOver() async -> String? {
    guard let read else { return nil }
    do {
      let settings = try await queue.run("read the configuration", until: loop.now + .seconds(10), read)
      try await daemon.reload(settings)
      return nil
    } catch {
      let text = (error as? CommandFailure)?.text ?? "\(error)"
      daemon.record(.reloadRefused(text))
      log.error("configuration not taken over, the old one stays in force: \(text)")
      return text
    }
  }

  private func ended(_ report: Shutdown.Report) {
    if !report.unfinished.isEmpty {
      log.warning("not ended in time: \(report.unfinished.joined(separator: ", "))")
    }
    signals?.close()
    onEnd?(.success)
    loop.stop()
    Self.running = nil
  }
}
