// SPDX-License-Identifier: Apache-2.0
import Automation
import Loop
import Runtime
import Time

/// What people, devices, workers and the machine do in a world.
extension World {
  private typealias Act = @LoopActor (World) async throws -> Void

  private static var acts: [(weight: Int, Act)] {
    [
      (16, { try await $0.speakCommand() }), (2, { try await $0.makeNoise() }),
      (12, { try await $0.press() }),
      (5, { try await $0.move() }), (5, { try await $0.walkThroughTheDoor() }),
      (5, { $0.useTheCommandLine() }),
      (3, { try await $0.takeLineAway() }), (2, { try await $0.troubleMicrophone() }),
      (2, { try await $0.unplugSpeaker() }), (6, { $0.changeMood() }), (1, { await $0.reload() }),
      (2, { $0.changeLoad() }), (3, { try await $0.fillDisk() }), (4, { $0.probe.run() }),
    ]
  }

  /// One thing after another, some of them at once, with pauses from nothing to a quarter of an hour.
  func play(until end: Instant) async throws {
    var nextCensus = loop.now
    while loop.now < end {
      if loop.now >= nextCensus {
        census(isAtRest: false)
        nextCensus = loop.now + .seconds(60)
      }
      let act = random.pick(Self.acts)
      if random.isTrue(0.3) {
        LoopActor.spawn("world: act") { [self] in try await act(self) }
      } else {
        try await act(self)
      }
      if options.sabotage == .chatter { chatter() }
      try await loop.sleep(for: pause())
    }
    // What was begun at the same time comes to its end.
    while loop.tasks.all.contains(where: { $0.name == "world: act" }) {
      try await loop.sleep(for: .seconds(1))
    }
  }

  private func pause() -> Duration {
    switch random.pick([(4, 0), (4, 1), (2, 2)]) {
    case 0: random.milliseconds(0...2000)
    case 1: random.duration(.seconds(2) ... .seconds(90))
    default: random.duration(.seconds(60) ... .seconds(900))
    }
  }

  // MARK: People

  /// Wakes the device, perhaps says the phrase, says something, waits for what comes.
  private func speakCommand() async throws {
    microphone.wake()
    try await loop.sleep(for: random.milliseconds(300...1500))
    repeat {
      speech.transcript = random.pick(WorldConfiguration.sentences)
      tell("somebody says '\(speech.transcript)'")
      if random.isTrue(0.8) {
        microphone.speak(for: random.milliseconds(500...900))
        try await loop.sleep(for: .milliseconds(900))
        speech.hear(WorldConfiguration.wakePhrase, after: random.milliseconds(20...400))
        try await loop.sleep(for: random.milliseconds(0...1200))
      }
      for _ in 0..<Int.random(in: 0...3, using: &random) {
        let length = random.milliseconds(random.isTrue(0.05) ? 8000...12_000 : 200...1500)
        microphone.speak(for: length)
        try await loop.sleep(for: length + random.milliseconds(30...250))
      }
      try await loop.sleep(for: random.duration(.milliseconds(100) ... .seconds(8)))
    } while random.isTrue(0.25)
    try await loop.sleep(for: .seconds(3))
    microphone.sleep()
  }

  private func makeNoise() async throws {
    tell("noise")
    microphone.wake()
    try await loop.sleep(for: random.milliseconds(200...2000))
    for _ in 0..<10 {
      microphone.speak(for: random.milliseconds(20...300))
      try await loop.sleep(for: random.milliseconds(50...500))
    }
    microphone.sleep()
  }

  /// Clicks, long and short, on one of the buttons.
  private func press() async throws {
    let name = random.pick(["doorbell", "dial", "talk", "ask"])
    let clicks = random.pick([(5, 1), (3, 2), (2, 3), (1, 7)])
    tell("somebody presses \(name) \(clicks) times")
    for _ in 0..<clicks {
      lines.lines.drive(name, true)
      try await loop.sleep(
        for: random.isTrue(0.2) ? random.milliseconds(400...4000) : random.milliseconds(10...300))
      lines.lines.drive(name, false)
      try await loop.sleep(
        for: random.isTrue(0.2) ? random.milliseconds(300...2000) : random.milliseconds(10...340))
    }
  }

  private func move() async throws {
    for _ in 0..<Int.random(in: 1...5, using: &random) {
      lines.lines.drive("hall", true)
      try await loop.sleep(for: random.duration(.milliseconds(100) ... .seconds(5)))
      lines.lines.drive("hall", false)
      try await loop.sleep(for: random.duration(.milliseconds(100) ... .seconds(25)))
    }
  }

  private func walkThroughTheDoor() async throws {
    lines.lines.drive("door", true)
    try await loop.sleep(for: random.duration(.milliseconds(50) ... .seconds(10)))
    lines.lines.drive("door", false)
  }

  private func useTheCommandLine() {
    let sentence = random.pick(WorldConfiguration.sentences)
    let request = random.pick([
      ControlRequest(.status), ControlRequest(.tasks), ControlRequest(.lines),
      ControlRequest(.ask, text: sentence, budgetMS: 5000),
      ControlRequest(.say, text: "Hello.", budgetMS: 4000),
      ControlRequest(.set, name: random.pick(["lamp", "fan", "nothing"]), on: true),
      ControlRequest(.toggle, name: "lamp"), ControlRequest(.trigger), ControlRequest(.reload),
    ])
    // What has begun to be heard is heard to its end; the talk about a lamp takes the longest.
    ask(request, within: request.verb == .ask || request.verb == .say ? .seconds(40) : .zero)
  }

  // MARK: Trouble

  private func takeLineAway() async throws {
    // Not the line whose times are watched: away it keeps its last state.
    let name = random.pick(["doorbell", "dial", "hall", "lamp", "fan", "siren"])
    tell("\(name) goes away")
    lines.lines.setAway(name, true)
    try await loop.sleep(for: random.duration(.milliseconds(10) ... .seconds(60)))
    tell("\(name) comes back")
    lines.lines.setAway(name, false)
  }

  private func troubleMicrophone() async throws {
    if random.isTrue(0.5) {
      tell("frames are lost")
      return microphone.overrun()
    }
    tell("the microphone is unplugged")
    microphone.unplug()
    try await loop.sleep(for: random.duration(.milliseconds(10) ... .seconds(30)))
    tell("the microphone is plugged in")
    microphone.plug()
    if random.isTrue(0.5) { microphone.sleep() }
  }

  private func unplugSpeaker() async throws {
    tell("the loudspeaker is unplugged")
    speaker.unplug()
    try await loop.sleep(for: random.duration(.milliseconds(10) ... .seconds(60)))
    tell("the loudspeaker is plugged in")
    speaker.plug()
  }

  private func changeMood() {
    let mood = random.isTrue(0.4) ? .well : random.pick(SimulatedService.Mood.allCases)
    let name = random.pick(["speech", "brain"])
    tell("service \(name) is \(mood.rawValue)")
    (name == "speech" ? speech : brain).change(to: mood)
  }

  private func fillDisk() async throws {
    tell("the disk is full")
    Disk.setFull(true)
    try await loop.sleep(for: random.duration(.milliseconds(10) ... .seconds(900)))
    tell("the disk has room")
    Disk.setFull(false)
  }

  private func changeLoad() {
    isBusy.toggle()
    tell("the machine is \(isBusy ? "busy" : "idle")")
  }

  private func reload() async {
    var settings = settings
    settings.voice.hangover = random.milliseconds(200...900)
    if random.isTrue(0.3) { settings.lines.removeAll { $0.name == "fan" } }
    tell("another configuration: hangover \(settings.voice.hangover), \(settings.lines.count) lines")
    do {
      try await daemon.reload(settings)
      record(.reloaded(hangover: settings.voice.hangover))
    } catch { tell("it is refused: \(error)") }
  }

  /// For `Sabotage.chatter`.
  private func chatter() {
    for _ in 0..<50 { record(.log(.init(level: .info, module: "sabotage", message: "again"))) }
  }
}
