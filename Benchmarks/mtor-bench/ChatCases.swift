// SPDX-License-Identifier: Apache-2.0
import CBench
import CInstruments
import Configuration
import Glibc
import Loop
import Posix
import Runtime
import Simulation
import Time
import Wyoming
import WyomingTransport

/// A spoken question that a chat worker answers word by word, with the offline voice.
let chatCases: [Case] = [
  Case(name: "chat.first_sample") { options in
    let chat = try Chat()
    defer { chat.close() }
    return try await chat.run(rounds: options.isSmoke ? 1 : max(6, options.rounds))
  }
]

@LoopActor private final class Chat {
  private static let words = "The kitchen light is on now. It has been on since seven. Shall I turn it off?"
  private static let gap = Duration.milliseconds(40)
  private static let roundLimit = Duration.seconds(20)
  /// For the end of the answer.
  private static let pause = Duration.seconds(5)

  private let loop = LoopActor.shared.loop
  private let directory: String
  private let microphone = Person()
  private let daemon: Daemon
  private let ears: WyomingServer
  private var heard: Waiter<Instant>?

  init() throws {
    directory = try Directory.makePrivate(in: "/tmp", prefix: "mtor-bench")
    let port = cb_chat_serve(Self.words, Self.gap.nanoseconds)
    let text = """
      board: sim
      speaker: {device: "null"}
      voice: {wake: button, deadline: 60s}
      log: {level: error}
      services: {speech_to_text: ears}
      workers:
        ears: {url: "unix://\(directory)/ears.sock"}
        llm: {kind: openai, url: "http://127.0.0.1:\(port)", realms: $CHAT}

      """
    ears = try WyomingServer(.unix(path: "\(directory)/ears.sock")) { stream in
      stream.onEvent = { [unowned stream] event in
        switch event {
        case .describe: stream.send(.info(WyomingInfo([.asr: [WyomingProgram(name: "ears")]])))
        case .audioStop: stream.send(.transcript(text: "what about the light", language: nil))
        default: break
        }
      }
    }
    let settings = try ConfigurationReader().read(text: text, name: "chat", board: "sim")
    daemon = try Daemon(
      settings,
      devices: Devices(
        microphone: microphone, speaker: Devices.speaker(settings.speaker), lines: SimulatedLines()),
      directory: directory)
  }

  func close() { ci_remove_tree(directory) }

  func run(rounds: Int) async throws -> [Figure] {
    try daemon.start()
    _ = daemon.timeline.add { [unowned self] entry in
      if entry.stage == .reply { heard.take()?.resume(returning: loop.now) }
    }
    try await voiceIsReady()
    var afterWord: [Double] = []
    var afterSentence: [Double] = []
    // The first question loads what the others find loaded.
    for round in 0...rounds {
      let at = try await ask()
      var word: UInt64 = 0
      var sentence: UInt64 = 0
      cb_chat_times(&word, &sentence)
      try await loop.sleep(for: Self.pause)
      if round == 0 { continue }
      afterWord.append((at - Instant(nanoseconds: word)).milliseconds)
      afterSentence.append((at - Instant(nanoseconds: sentence)).milliseconds)
    }
    await daemon.stop()
    ears.stop(within: .seconds(1))
    let sentences = Statistics(afterSentence)
    return [
      Figure(
        name: "chat.first_sample", unit: "ms", value: sentences.median, interval: sentences.interval95,
        goal: 50),
      Figure(
        name: "chat.first_sample.after_first_word", unit: "ms", value: Statistics(afterWord).median),
    ]
  }

  /// When the first sample of the answer went out.
  private func ask() async throws -> Instant {
    microphone.speak(for: .milliseconds(700))
    daemon.voice?.handle(.trigger(.api))
    return try await loop.wait(on: "the answer", until: loop.now + Self.roundLimit) { heard = $0 }
  }

  private func voiceIsReady() async throws {
    guard let client = daemon.services.textToSpeech else { throw Failure(what: "there is no voice") }
    let limit = loop.now + .seconds(20)
    while (try? await client.service.describe(until: limit)) == nil {
      if loop.now > limit { throw Failure(what: "the speech worker does not answer") }
      try await loop.sleep(for: .milliseconds(50))
    }
  }
}

/// A quiet room in which somebody makes a sound, after a moment.
@LoopActor private final class Person: Microphone {
  private static let quiet = Duration.milliseconds(300)

  var onFrame: (@LoopActor (UnsafeBufferPointer<Int16>, Instant) -> Void)?
  var onEvent: (@LoopActor (AudioEvent) -> Void)?
  private let loop = LoopActor.shared.loop
  private var timer: RepeatingTimer?
  private var loud = Instant.zero..<Instant.zero
  private var random = SystemRandomNumberGenerator()

  func start() { timer = loop.every(.milliseconds(20), name: "person") { [unowned self] in breathe() } }
  func stop() { timer?.cancel() }
  func ended() async {}

  func speak(for duration: Duration) {
    loud = (loop.now + Self.quiet)..<(loop.now + Self.quiet + duration)
  }

  private func breathe() {
    let now = loop.now
    let range: ClosedRange<Int16> = loud.contains(now) ? -8000...8000 : -60...60
    let samples = (0..<320).map { _ in Int16.random(in: range, using: &random) }
    samples.withUnsafeBufferPointer { onFrame?($0, now) }
  }
}
