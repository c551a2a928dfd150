// SPDX-License-Identifier: Apache-2.0
import Configuration
import Glibc
import Loop
import Runtime
import Simulation
import Speech
import Time
import Workers
import Wyoming

private let phrases = [
  "turn on the kitchen light", "what time is it", "start the coffee machine", "good night",
]
private let repetitions = 4

/// Spoken commands to the whole program, with the offline worker.
let replyCases: [Case] = [
  Case(name: "reply") { _ in
    let studio = try await Studio.open()
    return try await Conversation(studio).run()
  }
]

/// A voice speaks commands; when its last sample was captured is known to the sample, since the
/// sound server is bit exact.
@LoopActor private final class Conversation {
  /// After each command: time for the hangover and the reply.
  private let replySeconds = 3.5
  private let loop = LoopActor.shared.loop
  private let microphone: TracedMicrophone
  private let daemon: Daemon
  private var scene = SoundScene(noiseDBFS: Studio.noiseDBFS, seed: 2)
  /// Sample after the last one of each command.
  private var ends: [Int] = []
  private var observed: [TimelineEntry.Stage: [Double]] = [:]

  init(_ studio: Studio) throws {
    var settings = try ConfigurationReader().read(
      text: ConfigurationTexts.sample, name: ConfigurationTexts.sampleName, board: "sim")
    settings.log.level = .error
    settings.speaker.device = "spk"
    microphone = TracedMicrophone(
      ALSAMicrophone(device: "mic", settings: settings.microphone), framesMax: 0)
    daemon = try Daemon(
      settings,
      devices: Devices(
        microphone: microphone, speaker: Devices.speaker(settings.speaker), lines: SimulatedLines()),
      directory: studio.directory)
  }

  func run() async throws -> [Figure] {
    try daemon.start()
    try await compose()
    _ = daemon.timeline.add { [unowned self] in observe($0) }
    microphone.begin()
    try await loop.sleep(for: .milliseconds(500))
    try await play()
    await daemon.stop()
    return figures()
  }

  private func compose() async throws {
    guard let client = daemon.services.textToSpeech else { return }
    let voice = try await voice(client.service)
    scene.appendPause(seconds: 1)
    for phrase in (0..<repetitions).flatMap({ _ in phrases }) {
      scene.appendSpeech(try await speak(DemoScript.wakePhrase, voice, client))
      scene.appendPause(seconds: 0.25)
      ends.append(scene.appendSpeech(try await speak(phrase, voice, client)))
      scene.appendPause(seconds: replySeconds)
    }
  }

  /// A recorded voice rather than a formant one, when the worker answers.
  private func voice(_ service: WyomingService) async throws -> WyomingVoice? {
    let limit = loop.now + .seconds(20)
    while loop.now < limit {
      if let info = try? await service.describe(until: limit) {
        let names = info[.tts].flatMap(\.models).map(\.name)
        return (names.first { $0.contains("slt") } ?? names.first).map { WyomingVoice(name: $0) }
      }
      try await loop.sleep(for: .milliseconds(50))
    }
    throw Failure(what: "the speech worker does not answer")
  }

  private func speak(_ text: String, _ voice: WyomingVoice?, _ client: TextToSpeechClient) async throws
    -> [Int16]
  {
    var sound = Sound(rateHz: SoundScene.rateHz, channels: 1, samples: [])
    let speech = client.synthesize(text, voice: voice, until: loop.now + .seconds(10))
    speech.onStart = { sound = Sound(rateHz: $0.rateHz, channels: $0.channels, samples: []) }
    speech.onSamples = { sound.samples += $0 }
    try await speech.finished()
    return try sound.asCaptured()
  }

  private func play() async throws {
    let feed = ALSASpeaker(device: "micin", settings: SpeakerSettings())
    feed.begin(rateHz: SoundScene.rateHz, channels: 1)
    scene.samples.withUnsafeBufferPointer { feed.write($0) }
    _ = try await loop.wait(on: "the commands") { (waiter: Waiter<Bool>) in
      feed.finish { waiter.resume(returning: $0) }
    }
  }

  /// Notes how long after the last command's end this came.
  private func observe(_ entry: TimelineEntry) {
    guard [.utterance, .transcript, .reply].contains(entry.stage), let first = microphone.firstSound
    else { return }
    let lead = scene.samples.firstIndex { $0 != 0 } ?? 0
    let now = loop.now
    let since = ends.map { now - microphone.instant(of: first - lead + $0) }
    guard let latest = since.last(where: { $0 > .zero }) else { return }
    observed[entry.stage, default: []].append(latest.milliseconds)
  }

  private func figures() -> [Figure] {
    func statistics(_ stage: TimelineEntry.Stage) -> Statistics { Statistics(observed[stage] ?? []) }
    let hangover = daemon.settings.voice.hangover.milliseconds
    let replies = statistics(.reply)
    return [
      Figure(
        name: "reply.after_speech", unit: "ms", value: replies.median, interval: replies.interval95,
        goal: hangover + 120),
      Figure(name: "reply.after_speech.p90", unit: "ms", value: replies.quantile(0.9)),
      Figure(name: "reply.endpoint", unit: "ms", value: statistics(.utterance).median),
      Figure(name: "reply.transcript", unit: "ms", value: statistics(.transcript).median),
      Figure(
        name: "reply.unanswered", unit: "count",
        value: Double(ends.count - (observed[.reply]?.count ?? 0)), goal: 0),
    ]
  }
}
