// SPDX-License-Identifier: Apache-2.0
import Configuration
import Glibc
import Loop
import Runtime
import Speech
import Spelling
import Time
import Workers
import Wyoming

/// The whole runtime on simulated lines, listening to synthesised people through a real ALSA PCM.
@LoopActor public final class Demo {
  /// After each scene's words: time for the reply.
  static let replySeconds = 4.0
  static let noiseDBFS = -52.0

  /// What happens, for a person who watches.
  public var onNote: (@LoopActor (String) -> Void)?
  public var onEntry: (@LoopActor (TimelineEntry) -> Void)?

  private let scenes: [DemoScene]
  private let directory: String
  private let workerMax: Duration
  private let loop = LoopActor.shared.loop
  private let lines = SimulatedLines()
  private let server = SoundServer()
  private var settings: Settings
  private var starts: [Instant] = []
  private var observed: [[TimelineEntry]]

  /// - Parameters:
  ///   - settings: the sample; microphone, loudspeaker and board are the demo's own.
  ///   - directory: for sockets; exists, and is this demo's alone.
  ///   - workerMax: longest wait for the speech worker.
  public init(
    _ settings: Settings, directory: String, scenes: [DemoScene] = DemoScript.scenes,
    workerMax: Duration = .seconds(20)
  ) {
    self.settings = settings
    self.directory = directory
    self.workerMax = workerMax
    self.scenes = scenes
    observed = Array(repeating: [], count: scenes.count)
  }

  /// Plays all scenes; takes about six seconds for each.
  /// - Throws: what keeps the demo from playing: no sound server, no worker, no voice.
  public func run() async throws -> [DemoResult] {
    let route = try await soundRoute()
    settings.microphone.source = .alsa(route.microphone)
    settings.speaker.device = route.speaker
    let devices = Devices(
      microphone: Devices.microphone(settings.microphone), speaker: Devices.speaker(settings.speaker),
      lines: lines)
    let daemon = try Daemon(settings, devices: devices, directory: directory)
    let began = loop.now
    try daemon.start()
    do {
      let voices = try await voices(daemon)
      onNote?("speech worker ready after \(Int((loop.now - began).milliseconds)) ms")
      let show = try await compose(daemon, voices)
      _ = daemon.timeline.add { [unowned self] in observe($0) }
      try await play(show, on: route.feed)
    } catch {
      await daemon.stop()
      server.stop()
      throw error
    }
    await daemon.stop()
    server.stop()
    return zip(scenes, observed).map { DemoResult($0, $1) }
  }

  // MARK: Sound

  private struct Route {
    var microphone: String
    var feed: String
    var speaker: String
  }

  /// The kernel's sound loopback where it is there, else a private sound server.
  private func soundRoute() async throws -> Route {
    if DeviceList.current().soundCards.contains(where: { $0.id == "Loopback" }) {
      onNote?("microphone: the kernel's sound loopback")
      return Route(
        microphone: "plughw:CARD=Loopback,DEV=1,SUBDEV=0", feed: "plughw:CARD=Loopback,DEV=0,SUBDEV=0",
        speaker: "plughw:CARD=Loopback,DEV=0,SUBDEV=1")
    }
    onNote?("microphone: an ALSA PCM of a private sound server (no loopback card)")
    try await server.start(in: "\(directory)/sound")
    return Route(microphone: "mic", feed: "micin", speaker: "spk")
  }

  private func play(_ show: Show, on device: String) async throws {
    let feed = ALSASpeaker(device: device, settings: SpeakerSettings())
    var unavailable: String?
    feed.onEvent = { if case .unavailable(let why) = $0 { unavailable = why } }
    feed.onFirstSample = { [unowned self] begin in
      starts = show.starts.map { begin + .milliseconds(Int64($0 * 1000 / SoundScene.rateHz)) }
      schedule()
    }
    feed.begin(rateHz: SoundScene.rateHz, channels: 1)
    show.samples.withUnsafeBufferPointer { feed.write($0) }
    let wasPlayed = try await loop.wait(on: "the scenes") { (waiter: Waiter<Bool>) in
      feed.finish { waiter.resume(returning: $0) }
    }
    if !wasPlayed {
      throw SoundServerError("the scenes could not be played: \(unavailable ?? "device lost")")
    }
  }

  private func schedule() {
    for (scene, start) in zip(scenes, starts) {
      guard case .button(let name) = scene.event else { continue }
      lines.press(name, after: start - loop.now + .milliseconds(300))
    }
  }

  /// Puts an entry to the scene that has begun last.
  private func observe(_ entry: TimelineEntry) {
    if let index = starts.lastIndex(where: { $0 <= loop.now }) { observed[index].append(entry) }
    onEntry?(entry)
  }

  // MARK: Voices

  private struct Show {
    var samples: [Int16]
    /// Sample at which each scene begins.
    var starts: [Int]
  }

  /// Two voices of the worker, recorded ones before formant ones.
  private func voices(_ daemon: Daemon) async throws -> [WyomingVoice] {
    guard let service = daemon.services.textToSpeech?.service else {
      throw SoundServerError("the configuration has no text-to-speech worker (services.text_to_speech)")
    }
    let offered = try await describe(service)[.tts].flatMap(\.models).map(\.name)
    let preferred = ["slt", "rms"].compactMap { name in offered.first { $0.contains(name) } }
    let names = preferred + offered
    guard let first = names.first else { throw SoundServerError("the speech worker offers no voice") }
    return [first, names.dropFirst().first ?? first].map { WyomingVoice(name: $0) }
  }

  /// Its process needs a moment until it listens.
  private func describe(_ service: WyomingService) async throws -> WyomingInfo {
    let limit = loop.now + workerMax
    while true {
      do { return try await service.describe(until: limit) } catch {
        if loop.now >= limit { throw error }
        try await loop.sleep(for: .milliseconds(50))
      }
    }
  }

  /// The whole show as one piece of audio: people, pauses and noise.
  private func compose(_ daemon: Daemon, _ voices: [WyomingVoice]) async throws -> Show {
    var scene = SoundScene(noiseDBFS: Self.noiseDBFS, seed: 1)
    var starts: [Int] = []
    scene.appendPause(seconds: 1.5)
    for item in scenes {
      starts.append(scene.samples.count)
      scene.appendPause(seconds: 0.7)
      if case .speech(let voice, let wake, let text) = item.event {
        if wake {
          scene.appendSpeech(try await speak(DemoScript.wakePhrase, voices[voice], daemon))
          scene.appendPause(seconds: 0.25)
        }
        scene.appendSpeech(try await speak(text, voices[voice], daemon))
      }
      scene.appendPause(seconds: Self.replySeconds)
    }
    return Show(samples: scene.samples, starts: starts)
  }

  private func speak(_ text: String, _ voice: WyomingVoice, _ daemon: Daemon) async throws -> [Int16] {
    guard let client = daemon.services.textToSpeech else { return [] }
    let speech = client.synthesize(text, voice: voice, until: loop.now + .seconds(10))
    let sound = SoundBox()
    speech.onStart = { sound.value = Sound(rateHz: $0.rateHz, channels: $0.channels, samples: []) }
    speech.onSamples = { sound.value.samples += $0 }
    try await speech.finished()
    return try sound.value.asCaptured()
  }

  @LoopActor private final class SoundBox {
    var value = Sound(rateHz: SoundScene.rateHz, channels: 1, samples: [])
  }
}
