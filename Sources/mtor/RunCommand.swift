// SPDX-License-Identifier: Apache-2.0
import Configuration
import Glibc
import Loop
import Posix
import Runtime
import Simulation

extension Commands {
  static let run = Command(
    name: "run",
    summary: "Listen, watch the lines and act, until told to end",
    details: """
      Runs in the foreground: hears the microphone, watches the GPIO lines, does what the automations say.
      Without a configuration it runs the built-in sample on simulated lines and the default microphone.
      SIGTERM or Ctrl-C ends it with every output in its safe state; SIGHUP reads the configuration again (a
      bad file changes nothing). Under systemd it reports readiness and feeds the watchdog.
      """,
    options: [
      .config, .board,
      Option("no-microphone", "Leave the microphone off whatever the configuration says."),
      Option(
        "log-level", value: "LEVEL", choices: LogSettings.Level.allCases.map(\.rawValue), "How much to log."),
    ],
    examples: [
      Example("mtor run --config mtor.yml", "Runs one configuration."),
      Example(
        "mtor run --board sim --no-microphone", "Simulated lines only; try 'mtor gpio press doorbell'."),
    ],
    run: runDaemon)

  @Sendable private static func runDaemon(_ invocation: Invocation) throws(CommandFailure) -> ExitCode {
    DaemonProcess.blockSignals()
    let settings = adjust(try LoadedSettings.load(invocation).settings, invocation)
    let directory = RuntimeDirectory.path()
    do throws(SystemError) { try RuntimeDirectory.make(directory) } catch {
      throw CommandFailure(.noPermission, "\(error). MTOR_RUNTIME_DIR names another directory.")
    }
    let state = StateDirectory.path()
    StateDirectory.makeParents(of: settings.store.directory ?? state)
    let result = Locked<ExitCode>(.success)
    LoopActor.shared.loop.bindToCurrentThread()
    let failure: CommandFailure? = LoopActor.assumeIsolated {
      do {
        let process = try DaemonProcess(settings, directory: directory, state: state)
        process.read = { adjust(try LoadedSettings.load(invocation).settings, invocation) }
        process.onEnd = { code in result.withLock { $0 = code } }
        try process.start()
        return nil
      } catch let error as SystemError {
        return CommandFailure(
          error.errno == EADDRINUSE ? .temporary : .unavailable, startText(error, directory))
      } catch {
        return CommandFailure(.unavailable, "\(error)")
      }
    }
    if let failure { throw failure }
    LoopActor.shared.loop.run()
    if ServiceManager.environment(TemporaryDaemon.variable) != nil { PrivateDirectory.remove(directory) }
    return result.withLock { $0 }
  }

  private static func startText(_ error: SystemError, _ directory: String) -> String {
    error.errno == EADDRINUSE
      ? "another mtor is running here (\(directory)). End it, or set MTOR_RUNTIME_DIR for a second one."
      : "\(error)"
  }

  private static func adjust(_ settings: Settings, _ invocation: Invocation) -> Settings {
    var settings = settings
    if invocation.has("no-microphone") { settings.microphone.source = .off }
    if let level = invocation.value("log-level").flatMap(LogSettings.Level.init) {
      settings.log.level = level
    }
    return settings
  }
}

extension Devices {
  /// The devices of the settings; board `sim` has simulated lines.
  @LoopActor static func forBoard(_ settings: Settings) -> Devices {
    var devices = Devices(settings)
    if settings.board == "sim" { devices.lines = SimulatedLines() }
    return devices
  }
}
