// SPDX-License-Identifier: Apache-2.0
import Glibc
import Log
import Loop
import PocketSphinx
import Synthesis
import Time

/// The program `mtor-speech`.
public enum SpeechWorker {
  /// Runs until SIGTERM or SIGINT, on the calling thread. Returns the exit code, by sysexits(3).
  public static func run(_ arguments: [String]) -> Int32 {
    do throws(UsageError) {
      switch try WorkerOptions.parse(arguments) {
      case .help: write(WorkerOptions.help, to: STDOUT_FILENO)
      case .version: write("mtor-speech \(WorkerInfo.version)\n", to: STDOUT_FILENO)
      case .serve(let options): return serve(options)
      }
      return EX_OK
    } catch {
      write("mtor-speech: \(error)\nTry mtor-speech --help\n", to: STDERR_FILENO)
      return EX_USAGE
    }
  }

  private static func serve(_ options: WorkerOptions) -> Int32 {
    Logging.level = options.logLevel
    let loop = LoopActor.shared.loop
    loop.bindToCurrentThread()
    return LoopActor.assumeIsolated {
      do {
        let program = try Program(options)
        loop.run()
        return program.exitCode
      } catch {
        return report(error)
      }
    }
  }

  /// Says why on standard error and chooses the exit code.
  static func report(_ error: any Error) -> Int32 {
    Logger("speech").error("\(error)")
    switch error as? PocketSphinxError {
    case .unknownWords, .badGrammar: return EX_CONFIG
    default: return EX_UNAVAILABLE
    }
  }

  private static func write(_ text: String, to descriptor: Int32) {
    _ = text.withCString { Glibc.write(descriptor, $0, strlen($0)) }
  }
}

/// The service with its signals, from start to exit.
@LoopActor private final class Program {
  private(set) var exitCode = EX_OK
  private var service: SpeechService?
  private var signals: Signals?
  private let loop = LoopActor.shared.loop
  private let log = Logger("speech")

  init(_ options: WorkerOptions) throws {
    let started = loop.now
    signals = try Signals([SIGTERM, SIGINT, SIGHUP]) { [unowned self] in handle($0) }
    let service = try SpeechService(options)
    self.service = service
    service.onLoaded = { [unowned self, unowned service] error in
      guard let error else {
        let took = Int((loop.now - started).milliseconds)
        return log.notice("ready on \(service.endpointText) after \(took) ms")
      }
      exitCode = SpeechWorker.report(error)
      stop()
    }
  }

  private func handle(_ signal: Int32) {
    if signal == SIGHUP { service?.reload() } else { stop() }
  }

  /// What waits for the clients goes out first, for a quarter of a second.
  private func stop() {
    service?.stop()
    signals?.close()
    _ = loop.after(.milliseconds(250), name: "exit") { self.loop.stop() }
  }
}
