// SPDX-License-Identifier: Apache-2.0
import Glibc
import Loop
import Posix
import Runtime
import Speech
import Time

extension Commands {
  static let record = Command(
    name: "record",
    summary: "Record what the microphone hears, as the recogniser would get it",
    details: """
      Opens the configured microphone and writes 16 kHz mono, after the front end, into a WAV file: to hear
      whether levels and noise are good. Shows the level meanwhile. Ends after --seconds, or with Ctrl-C; the
      file is complete then. A running mtor has the device open: end it first, or use a dsnoop device.
      """,
    arguments: [Argument("FILE", "The WAV file; replaced if it exists.")],
    options: [Option("seconds", short: "s", value: "N", "Record so long (5)."), .config, .board],
    examples: [Example("mtor record --seconds 10 test.wav", "Then: aplay test.wav")],
    run: runRecord)

  @Sendable private static func runRecord(_ invocation: Invocation) throws(CommandFailure) -> ExitCode {
    let settings = try LoadedSettings.load(invocation).settings.microphone
    let text = invocation.value("seconds") ?? "5"
    guard let seconds = Int(text), (1...86_400).contains(seconds) else {
      throw CommandFailure(.usage, "--seconds \(text): write a number from 1 to 86400.")
    }
    let outcome = Locked<CommandFailure?>(nil)
    let loop = LoopActor.shared.loop
    loop.bindToCurrentThread()
    let recording = LoopActor.assumeIsolated {
      Devices.microphone(settings).map {
        Recording($0, path: invocation.arguments[0], seconds: seconds) { failure in
          outcome.withLock { $0 = failure }
          loop.stop()
        }
      }
    }
    guard let recording else {
      throw CommandFailure(.configuration, "the microphone is off (microphone.source).")
    }
    LoopActor.assumeIsolated { recording.start() }
    loop.run()
    if let failure = outcome.withLock({ $0 }) { throw failure }
    return .success
  }
}

/// Microphone → file, with a level meter on the terminal.
@LoopActor private final class Recording {
  private let microphone: any Microphone
  private let path: String
  private let onEnd: @LoopActor (CommandFailure?) -> Void
  private let loop = LoopActor.shared.loop
  private var writer: WAVWriter?
  private var signals: Signals?
  private var meter = LevelMeter()
  private var samplesLeft: Int
  private var hasEnded = false

  init(
    _ microphone: any Microphone, path: String, seconds: Int,
    onEnd: @escaping @LoopActor (CommandFailure?) -> Void
  ) {
    self.microphone = microphone
    self.path = path
    self.onEnd = onEnd
    samplesLeft = seconds * AudioFormat.rateHz
  }

  func start() {
    signals = try? Signals([SIGINT, SIGTERM]) { [unowned self] _ in end(nil) }
    writer = WAVWriter(path: path, rateHz: AudioFormat.rateHz, channels: 1) { [unowned self] error in
      end(CommandFailure(.cannotWrite, "\(error)"))
    }
    microphone.onFrame = { [unowned self] samples, _ in take(samples) }
    microphone.onEvent = { [unowned self] event in
      switch event {
      case .opened(let parameters): Output.line("recording \(path): \(parameters)")
      case .unavailable(let reason): end(CommandFailure(.unavailable, reason))
      case .unplugged: end(CommandFailure(.unavailable, "the microphone was unplugged"))
      case .ended: end(nil)
      case .xrun, .suspended, .resumed: Output.line("microphone: \(event.summary)")
      }
    }
    microphone.start()
  }

  private func take(_ samples: UnsafeBufferPointer<Int16>) {
    guard !hasEnded else { return }
    let wanted = UnsafeBufferPointer(rebasing: samples.prefix(samplesLeft))
    writer?.write(wanted)
    meter.measure(wanted)
    samplesLeft -= wanted.count
    if meter.sampleCount >= AudioFormat.rateHz { showLevel() }
    if samplesLeft == 0 { end(nil) }
  }

  private func showLevel() {
    let bars = max(0, min(30, Int(meter.rmsDBFS / 2) + 30))
    let clipped = meter.clippedCount > 0 ? "  clipped" : ""
    Output.line("\(String(repeating: "#", count: bars).padded(to: 30)) \(Int(meter.rmsDBFS)) dBFS\(clipped)")
    meter.reset()
  }

  private func end(_ failure: CommandFailure?) {
    if hasEnded { return }
    hasEnded = true
    microphone.stop()
    signals?.close()
    guard failure == nil, let writer else { return onEnd(failure) }
    writer.close { [onEnd, path] count in
      Output.line("\(path): \(count / AudioFormat.rateHz) s")
      onEnd(nil)
    }
  }
}
