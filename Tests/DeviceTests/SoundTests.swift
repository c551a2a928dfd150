// SPDX-License-Identifier: Apache-2.0
import Configuration
import Glibc
import Loop
import Runtime
import TestSupport
import Testing
import Time

@testable import ALSA

extension DeviceTests {
  /// Kernel sound cards: what is played on Loopback,0,N is captured from Loopback,1,N.
  @Suite struct SoundTests {
    private static let loop = LoopActor.shared.loop

    private static func wish(_ rateHz: Int, _ channels: Int, _ formats: [SampleFormat]) -> PCMWish {
      var wish = PCMWish(
        rateHz: rateHz, channels: channels, period: .milliseconds(20), buffer: .milliseconds(200))
      wish.formats = formats
      return wish
    }

    /// Runs `work` and waits for an event of the microphone that `matches`.
    @LoopActor private static func event(
      _ what: String, of microphone: ALSAMicrophone, _ matches: @escaping @LoopActor (AudioEvent) -> Bool,
      after work: @LoopActor () -> Void
    ) async throws {
      try await loop.wait(on: what, until: loop.now + .seconds(60)) { (waiter: Waiter<Void>) in
        microphone.onEvent = { if matches($0) { waiter.resume(returning: ()) } }
        work()
      }
    }

    @LoopActor private static func open(_ microphone: ALSAMicrophone) async throws {
      try await event("opened", of: microphone, { if case .opened = $0 { true } else { false } }) {
        microphone.start()
      }
    }

    @Test(
      arguments: formats,
      [(8_000, 1), (16_000, 2), (44_100, 2), (96_000, 8)])
    func whateverTheDeviceHasIsTaken(format: SampleFormat, shape: (rateHz: Int, channels: Int)) throws {
      let output = try PCM.open(
        "hw:Loopback,0,0", .playback, Self.wish(shape.rateHz, shape.channels, [format]))
      let input = try PCM.open("card:Loopback,1,0", .capture, Self.wish(16_000, 1, SampleFormat.allCases))
      #expect(input.parameters.format == format)
      #expect(input.parameters.rateHz == shape.rateHz)
      #expect(input.parameters.channels == shape.channels)
      #expect(input.parameters.device == "hw:CARD=Loopback,DEV=1,SUBDEV=0")
      output.close()
    }

    @Test(arguments: [PCM.Direction.capture, .playback])
    func everyRateFormatAndChannelCountOfTheCardIsToBeHad(direction: PCM.Direction) throws {
      let rates = [
        8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 64_000, 88_200, 96_000,
        176_400, 192_000,
      ]
      for rateHz in rates {
        for format in Self.formats {
          for channels in [1, 2, 6, 8] {
            let pcm = try PCM.open("hw:Loopback,0,6", direction, Self.wish(rateHz, channels, [format]))
            let parameters = pcm.parameters
            #expect(
              (parameters.rateHz, parameters.channels, parameters.format) == (rateHz, channels, format))
            #expect(parameters.periodFrames == (rateHz + 25) / 50, "\(parameters)")
            #expect(parameters.bufferFrames >= 2 * parameters.periodFrames, "\(parameters)")
            pcm.close()
          }
        }
      }
    }

    struct Offer: Sendable, CustomTestStringConvertible {
      var device: String
      var rateHz: Int
      var channels: Int
      var taken: (rateHz: Int, channels: Int, format: SampleFormat)
      var testDescription: String { "\(device) \(rateHz) Hz × \(channels)" }
    }

    /// snd-dummy has 5,500…48,000 Hz, one or two channels, U8 and S16.
    static let offers: [Offer] = [
      Offer(device: "card:Dummy", rateHz: 16_000, channels: 1, taken: (16_000, 1, .s16)),
      Offer(device: "card:Dummy", rateHz: 96_000, channels: 2, taken: (48_000, 2, .s16)),
      Offer(device: "card:Dummy", rateHz: 4_000, channels: 1, taken: (5_500, 1, .s16)),
      Offer(device: "card:Dummy", rateHz: 44_100, channels: 6, taken: (44_100, 2, .s16)),
      Offer(device: "card:Loopback,0,6", rateHz: 4_000, channels: 1, taken: (8_000, 1, .s16)),
      Offer(device: "card:Loopback,0,6", rateHz: 48_000, channels: 64, taken: (48_000, 32, .s16)),
    ]

    @Test(arguments: offers) func whatIsNotOfferedBecomesTheNearestThatIs(offer: Offer) throws {
      for direction in [PCM.Direction.capture, .playback] {
        let pcm = try PCM.open(
          offer.device, direction, Self.wish(offer.rateHz, offer.channels, SampleFormat.allCases))
        let parameters = pcm.parameters
        #expect((parameters.rateHz, parameters.channels, parameters.format) == offer.taken)
        pcm.close()
      }
    }

    private static let formats: [SampleFormat] = [.s16, .s32, .s24Packed, .s24, .float]

    @Test(arguments: formats, [1, 2])
    func whatIsPlayedIsHeardBitForBit(format: SampleFormat, channels: Int) async throws {
      var random = Seed.generator()
      let samples = (0..<8_000).map { _ in Int16.random(in: 1...Int16.max, using: &random) }
      let (heard, wasHeard, gaps) = try await onLoop {
        // The first end of the cable decides for both; then the microphone holds it.
        let anchor = try PCM.open("hw:Loopback,0,1", .playback, Self.wish(16_000, channels, [format]))
        let microphone = ALSAMicrophone(device: "card:Loopback,1,1", settings: MicrophoneSettings())
        let speaker = ALSASpeaker(device: "card:Loopback,0,1", settings: SpeakerSettings())
        var heard: [Int16] = []
        microphone.onFrame = { frame, _ in heard += frame }
        try await Self.open(microphone)
        anchor.close()
        let wasHeard = try await Self.loop.wait(
          on: "end of sound", until: Self.loop.now + .seconds(20)
        ) { (waiter: Waiter<Bool>) in
          speaker.play(Sound(rateHz: 16_000, channels: 1, samples: samples)) { waiter.resume(returning: $0) }
        }
        #expect(speaker.parameters?.format == format)
        try await Self.loop.sleep(for: .milliseconds(100))
        microphone.stop()
        return (heard, wasHeard, microphone.xrunCount + speaker.underrunCount)
      }
      #expect(wasHeard && gaps == 0)
      let start = try #require(heard.firstIndex { $0 != 0 })
      #expect(Array(heard[start...].prefix(samples.count)) == samples)
    }

    @Test(arguments: [8_000, 44_100, 48_000])
    func anotherRateIsHeardWithItsLength(rateHz: Int) async throws {
      let heard = try await onLoop {
        let anchor = try PCM.open("hw:Loopback,0,2", .playback, Self.wish(rateHz, 2, [.s32]))
        let microphone = ALSAMicrophone(device: "card:Loopback,1,2", settings: MicrophoneSettings())
        let speaker = ALSASpeaker(device: "card:Loopback,0,2", settings: SpeakerSettings())
        var heard: [Int16] = []
        microphone.onFrame = { frame, _ in heard += frame }
        try await Self.open(microphone)
        anchor.close()
        _ = try await Self.loop.wait(on: "end of sound", until: Self.loop.now + .seconds(20)) {
          (waiter: Waiter<Bool>) in
          let level = [Int16](repeating: 8_000, count: 11_025)
          speaker.play(Sound(rateHz: 22_050, channels: 1, samples: level)) {
            waiter.resume(returning: $0)
          }
        }
        try await Self.loop.sleep(for: .milliseconds(100))
        microphone.stop()
        return heard
      }
      // Half a second at a constant level, give or take the filters' edges.
      #expect((7_900...8_100).contains(heard.filter { $0 > 4_000 }.count))
    }

    @Test func aBlockedLoopCostsFramesAndIsCounted() async throws {
      let (xruns, frames) = try await onLoop {
        let microphone = ALSAMicrophone(device: "card:Loopback,1,3", settings: MicrophoneSettings())
        try await Self.open(microphone)
        try await Self.event("xrun", of: microphone, { $0 == .xrun(total: 1) }) { poll(nil, 0, 600) }
        let before = microphone.frameCount
        try await Self.loop.wait(on: "frames", until: Self.loop.now + .seconds(20)) {
          (waiter: Waiter<Void>) in
          microphone.onFrame = { _, _ in
            if microphone.frameCount >= before + 10 { waiter.resume(returning: ()) }
          }
        }
        microphone.stop()
        return (microphone.xrunCount, microphone.frameCount)
      }
      #expect(xruns == 1)
      #expect(frames >= 10)
    }

    @Test func anOverrunStormIsToldOnceAndEndsWithTheLoad() async throws {
      let events = try await onLoop {
        var settings = MicrophoneSettings()
        (settings.period, settings.buffer) = (.milliseconds(10), .milliseconds(40))
        let microphone = ALSAMicrophone(device: "card:Loopback,1,5", settings: settings)
        var events: [AudioEvent] = []
        var isStorm = true
        microphone.onFrame = { _, _ in if isStorm { poll(nil, 0, 50) } }
        try await Self.loop.wait(on: "the end of the storm", until: Self.loop.now + .seconds(30)) {
          (waiter: Waiter<Void>) in
          microphone.onEvent = { event in
            events.append(event)
            if case .unavailable = event { isStorm = false }
            if case .opened = event, !isStorm { waiter.resume(returning: ()) }
          }
          microphone.start()
        }
        microphone.stop()
        return events
      }
      #expect(events.count == 4, "\(events)")
      #expect(events[1] == .xrun(total: 1))
      if case .unavailable(let text) = events[2] {
        #expect(text.hasSuffix("(11 overruns). Raise microphone.buffer or lower the load of the machine."))
      } else {
        Issue.record("\(events)")
      }
    }

    @Test func aCardThatIsPulledOutIsToldAndFoundAgainById() async throws {
      try await onLoop {
        let microphone = ALSAMicrophone(device: "card:Loopback,1,4", settings: MicrophoneSettings())
        let queue = BlockingQueue("platform bus")
        try await Self.open(microphone)
        try await Self.event("unplugged", of: microphone, { $0 == .unplugged }) {
          try? queue.submit { Self.platform("unbind") }
        }
        try await queue.run("until the card is free") {}
        try await Self.event("opened", of: microphone, { if case .opened = $0 { true } else { false } }) {
          try? queue.submit { Self.platform("bind") }
        }
        microphone.stop()
      }
    }

    /// The kernel's own rehearsal: everything is put to sleep and wakes up a while later. (Its second is
    /// several seconds long where the clock stands still meanwhile.)
    @Test(.enabled(if: access("/sys/power/pm_test", W_OK) == 0, "needs a kernel with pm_test"))
    func aMachineThatSleepsIsToldAndHeardAgainWhenItWakes() async throws {
      try await onLoop {
        // A card that was bound anew, as a test before this one does, is not put to sleep.
        let microphone = ALSAMicrophone(device: "card:Dummy", settings: MicrophoneSettings())
        let queue = BlockingQueue("sleep")
        try await Self.open(microphone)
        var events: [AudioEvent] = []
        try await Self.event(
          "resumed", of: microphone,
          { event in
            events.append(event)
            return event == .resumed
          }
        ) {
          try? queue.submit {
            Self.write("1", to: "/sys/module/suspend/parameters/pm_test_delay")
            Self.write("devices", to: "/sys/power/pm_test")
            Self.write("freeze", to: "/sys/power/state")
          }
        }
        #expect(events == [.suspended, .resumed])
        let before = microphone.frameCount
        try await Self.loop.wait(on: "frames", until: Self.loop.now + .seconds(20)) {
          (waiter: Waiter<Void>) in
          microphone.onFrame = { _, _ in
            if microphone.frameCount >= before + 10 { waiter.resume(returning: ()) }
          }
        }
        microphone.stop()
      }
    }

    @Test func aLoudspeakerThatIsPulledOutEndsTheStreamAndPlaysAgainWhenItIsBack() async throws {
      let (outcomes, events) = try await onLoop {
        let speaker = ALSASpeaker(device: "card:Loopback,0,4", settings: SpeakerSettings())
        let queue = BlockingQueue("platform bus")
        var events: [AudioEvent] = []
        speaker.onEvent = { events.append($0) }
        let long = Sound(rateHz: 16_000, channels: 1, samples: [Int16](repeating: 9, count: 16_000 * 30))
        speaker.onFirstSample = { _ in try? queue.submit { Self.platform("unbind") } }
        let first = try await Self.play(long, on: speaker)
        speaker.onFirstSample = nil
        try await queue.run("until the card is free") {}
        let second = try await Self.play(Tones.done, on: speaker)
        try await queue.run("the card is back") { Self.platform("bind") }
        let third = try await Self.play(Tones.done, on: speaker)
        speaker.stop()
        return ([first, second, third], events)
      }
      #expect(outcomes == [false, false, true])
      // Opened, pulled out (told once, though played to again), opened.
      #expect(events.count == 3 && events[1] == .unplugged, "\(events)")
      #expect(events.first == events.last)
    }

    @Test func aGapInTheFeedingIsCountedAndTheRestIsHeard() async throws {
      let (wasHeard, gaps, events) = try await onLoop {
        var settings = SpeakerSettings()
        (settings.period, settings.buffer) = (.milliseconds(10), .milliseconds(40))
        let speaker = ALSASpeaker(device: "card:Loopback,0,7", settings: settings)
        var events: [AudioEvent] = []
        speaker.onEvent = { events.append($0) }
        // Once the device is fed by its descriptor, the loop is away for ten buffers.
        speaker.onFirstSample = { _ in
          _ = Self.loop.after(.milliseconds(100), name: "load") { poll(nil, 0, 400) }
        }
        let level = [Int16](repeating: 9, count: 16_000)
        let wasHeard = try await Self.play(Sound(rateHz: 16_000, channels: 1, samples: level), on: speaker)
        speaker.stop()
        return (wasHeard, speaker.underrunCount, events)
      }
      #expect(wasHeard && gaps >= 1)
      #expect(events.contains(.xrun(total: 1)), "\(events)")
    }

    @LoopActor private static func play(_ sound: Sound, on speaker: ALSASpeaker) async throws -> Bool {
      try await loop.wait(on: "end of sound", until: loop.now + .seconds(40)) { (waiter: Waiter<Bool>) in
        speaker.play(sound) { waiter.resume(returning: $0) }
      }
    }

    private static func write(_ text: String, to path: String) {
      guard let file = fopen(path, "w") else { return }
      fputs(text, file)
      fclose(file)
    }

    private static func platform(_ action: String, _ driver: String = "snd_aloop") {
      write("\(driver).0", to: "/sys/bus/platform/drivers/\(driver)/\(action)")
    }

    @Test func aBusyDeviceNamesWhoHoldsIt() throws {
      let first = try PCM.open("hw:Loopback,1,5", .capture, Self.wish(16_000, 1, [.s16]))
      do throws(ALSAError) {
        _ = try PCM.open("card:Loopback,1,5", .capture, Self.wish(16_000, 1, [.s16]))
        Issue.record("the busy device was opened")
      } catch {
        #expect(error.kind == .busy)
        let holder = "microphone card:Loopback,1,5 is busy (held by pid \(getpid()), mtorPackageTest"
        #expect(error.text.hasPrefix(holder))
        #expect(error.text.hasSuffix("Stop it or use a dsnoop device."))
      }
      first.close()
    }

    @Test func aBusyMicrophoneIsToldOnceAndTakenWhenItIsFree() async throws {
      let events = try await onLoop {
        let holder = try PCM.open("hw:Loopback,1,6", .capture, Self.wish(16_000, 1, [.s16]))
        let microphone = ALSAMicrophone(device: "card:Loopback,1,6", settings: MicrophoneSettings())
        var events: [AudioEvent] = []
        try await Self.event(
          "busy", of: microphone,
          { event in
            events.append(event)
            return true
          }
        ) { microphone.start() }
        try await Self.loop.sleep(for: .milliseconds(400))
        try await Self.event(
          "opened", of: microphone,
          { event in
            events.append(event)
            return true
          }
        ) { holder.close() }
        microphone.stop()
        return events
      }
      #expect(events.count == 2)
      if case .unavailable(let text)? = events.first { #expect(text.contains("is busy")) }
      if case .opened? = events.last {} else { Issue.record("\(events)") }
    }

    @Test func withoutPermissionTheErrorNamesTheGroup() {
      seteuid(65_534)
      defer { seteuid(0) }
      for name in ["card:Loopback", "hw:0"] {
        do throws(ALSAError) {
          _ = try PCM.open(name, .capture, Self.wish(16_000, 1, [.s16]))
          Issue.record("\(name) was opened")
        } catch {
          #expect(error.text == "microphone \(name): permission denied. Add the user to the group 'audio'.")
        }
      }
      do throws(ALSAError) {
        _ = try Mixer.open(for: "hw:Dummy")
        Issue.record("the mixer was opened")
      } catch {
        #expect(error.text == "speaker hw:Dummy: permission denied. Add the user to the group 'audio'.")
      }
    }

    @Test func aFormatThatIsNotOfferedIsRefused() {
      do throws(ALSAError) {
        _ = try PCM.open("hw:Loopback,1,7", .capture, Self.wish(16_000, 1, [.u8]))
        Issue.record("U8 was accepted")
      } catch {
        #expect(error.kind == .unsupported)
        #expect(error.text.hasPrefix("microphone hw:Loopback,1,7: none of the formats U8 is offered."))
      }
    }

    @Test func whatIsOpenSaysThatItsCardWasPulledOut() throws {
      let devices = ["snd_dummy", "snd_aloop"]
      var pulling: [DetachedThread] = []
      do {
        let mixer = try Mixer.open(for: "card:Dummy")
        let pcm = try PCM.open("hw:Loopback,1,4", .capture, Self.wish(16_000, 1, [.s16]))
        // The kernel lets go of a card once nobody has it open.
        pulling = devices.map { name in DetachedThread { Self.platform("unbind", name) } }
        let volume = Self.failure { try mixer.setVolume($0, of: "Master") }
        #expect(volume?.text.contains("volume of 'Master'") == true, "\(volume?.text ?? "")")
        let negotiation = Negotiation(pcm.handle, "hw:Loopback,1,4", .capture)
        let refusal = Self.failure { _ in _ = try negotiation.run(Self.wish(16_000, 1, [.s16])) }
        #expect(refusal?.device == "hw:Loopback,1,4", "\(refusal?.text ?? "")")
        pcm.close()
      }
      for thread in pulling { thread.join() }
      for name in devices { Self.platform("bind", name) }
    }

    /// Tries with 0…100, again and again, until it fails.
    private static func failure(_ body: (Int) throws -> Void) -> ALSAError? {
      for attempt in 0..<5000 {
        do { try body(attempt % 101) } catch { return error as? ALSAError }
        poll(nil, 0, 2)
      }
      return nil
    }

    @Test func volumeIsSetAndListed() throws {
      let mixer = try Mixer.open(for: "card:Dummy")
      try mixer.setVolume(40, of: "Master")
      let card = try #require(SoundCard.list().first { $0.id == "Dummy" })
      let master = try #require(card.mixer.first { $0.name == "Master" })
      #expect((39...41).contains(master.volumePercent ?? 0))
      #expect(master.isMuted == nil)
      do throws(ALSAError) {
        try mixer.setMuted(true, of: "Master")
        Issue.record("the simulated card has got a switch")
      } catch {
        #expect(error.text == "mixer element 'Master' of hw:Dummy cannot be muted.")
      }
      do throws(ALSAError) {
        try mixer.setVolume(40, of: "Mastr")
        Issue.record("'Mastr' was accepted")
      } catch {
        #expect(error.text == "mixer element 'Mastr' of hw:Dummy: no such element. Did you mean 'Master'?")
      }
    }

    @Test(arguments: ["Master", "Synth", "Line", "Mic", "CD"], [(-5, 0), (0, 0), (67, 67), (250, 100)])
    func anElementTakesItsVolumeWithinItsRange(element: String, volume: (asked: Int, set: Int)) throws {
      let mixer = try Mixer.open(for: "card:Dummy")
      try mixer.setVolume(volume.asked, of: element)
      let read = try #require(try Mixer.open(for: "hw:Dummy").elements.first { $0.name == element })
      #expect(read.volumePercent == volume.set)
    }

    @Test func theLoudspeakerSetsTheVolumeOfItsConfiguration() async throws {
      let text = try await onLoop {
        var settings = SpeakerSettings()
        (settings.mixer, settings.volumePercent) = ("Master", 30)
        let speaker = ALSASpeaker(device: "card:Dummy", settings: settings)
        var text = ""
        speaker.onEvent = { if case .opened(let opened) = $0 { text = opened } }
        let wasHeard = try await Self.play(Tones.done, on: speaker)
        #expect(wasHeard)
        speaker.stop()
        return text
      }
      #expect(text.hasSuffix("; Master at 30 %"), "\(text)")
      #expect(try Mixer.open(for: "card:Dummy").elements.first { $0.name == "Master" }?.volumePercent == 30)
    }

    @Test func cardsAreListedWithTheirDevices() throws {
      let card = try #require(SoundCard.list().first { $0.id == "Loopback" })
      #expect(card.pcms.map(\.number) == [0, 1])
      #expect(card.pcms.allSatisfy { $0.captureSubdevices == 8 && $0.playbackSubdevices == 8 })
    }
  }
}
