// SPDX-License-Identifier: Apache-2.0
import Configuration
import Glibc
import Loop
import Posix
import TestSupport
import Testing
import Time

@testable import Runtime

@Suite struct FileMicrophoneTests {
  @Test func aFileIsHeardFrameByFrameThenSilence() async throws {
    let directory = TemporaryDirectory()
    let samples = (1...1_000).map { Int16($0) }
    let path = directory.file("said.wav")
    let heard = try await onLoop {
      let writer = WAVWriter(path: path, rateHz: 16_000, channels: 1) { Issue.record("\($0)") }
      samples.withUnsafeBufferPointer { writer.write($0) }
      _ = try await LoopActor.shared.loop.wait(on: "recording") { (waiter: Waiter<Int>) in
        writer.close { waiter.resume(returning: $0) }
      }
      return try await Self.listen(FileMicrophone(path: path), frames: 6)
    }
    let padded = samples + [Int16](repeating: 0, count: 6 * 320 - samples.count)
    #expect(heard.samples == padded)
    #expect(zip(heard.instants, heard.instants.dropFirst()).allSatisfy { $1 - $0 == .milliseconds(20) })
    #expect(heard.events == [.opened("\(path): 0 s, 16000 Hz, 1 channel"), .ended])
  }

  @Test func aMissingFileIsToldOnce() async throws {
    let heard = try await onLoop {
      try await Self.listen(FileMicrophone(path: "/nonexistent.wav"), events: 1)
    }
    #expect(heard.events == [.unavailable("microphone file /nonexistent.wav: No such file or directory")])
  }

  @Test func aProgramIsHeardAndStartedAgainWhenItEnds() async throws {
    let bytes = "printf '\\001\\002%.0s' $(seq 640)"
    let heard = try await onLoop {
      try await Self.listen(CommandMicrophone(argv: ["sh", "-c", bytes]), frames: 4)
    }
    #expect(heard.samples == [Int16](repeating: 0x201, count: 4 * 320))
    let opened = AudioEvent.opened("sh: 16000 Hz, 1 channel, from its output")
    #expect(
      heard.events.prefix(3) == [
        opened, .unavailable("the microphone's program sh ended with exit code 0"), opened,
      ])
  }

  @Test func aProgramThatHangsIsEndedAndStartedAgain() async throws {
    let heard = try await onLoop {
      let program = ["sh", "-c", "head -c 640 /dev/zero; exec sleep 60"]
      let microphone = CommandMicrophone(argv: program, stallLimit: .milliseconds(300))
      return try await Self.listen(microphone, events: 3)
    }
    let opened = AudioEvent.opened("sh: 16000 Hz, 1 channel, from its output")
    let stalled = "the microphone's program sh wrote nothing for 0.3 s; it is started again"
    #expect(heard.events == [opened, .unavailable(stalled), opened])
  }

  @Test func aProgramThatEndsAfterEachFrameIsStartedEverLater() async throws {
    let heard = try await onLoop {
      try await Self.listen(CommandMicrophone(argv: ["head", "-c", "640", "/dev/zero"]), frames: 5)
    }
    // The least pauses: half of 250, 500, 1000 and 2000 ms.
    #expect(heard.instants[4] - heard.instants[0] >= .milliseconds(1875))
  }

  @Test func aMicrophoneThatIsStartedAnewDoesNotTakeTheOldProgramsEndForItsOwn() async throws {
    let microphone = try await onLoop {
      let microphone = CommandMicrophone(argv: ["sh", "-c", "trap 'exit 3' TERM; cat /dev/zero"])
      _ = try await Self.listen(microphone, frames: 1)
      return microphone
    }
    let heard = try await onLoop { try await Self.listen(microphone, frames: 30) }
    #expect(heard.events == [.opened("sh: 16000 Hz, 1 channel, from its output")])
  }

  @Test(arguments: [-20, 0])
  func noiseIsSuppressedWhateverTheSource(noiseSuppressionDB: Int) async throws {
    let directory = TemporaryDirectory()
    var random = Seed.generator()
    let noise = (0..<32_000).map { _ in Int16.random(in: -500...500, using: &random) }
    try noise.withUnsafeBytes { bytes in
      let file = try FileDescriptor.open(directory.file("noise.raw"), O_WRONLY | O_CREAT, mode: 0o600)
      #expect(try file.write(bytes) == bytes.count)
    }
    var settings = MicrophoneSettings()
    settings.noiseSuppressionDB = noiseSuppressionDB
    let path = directory.file("noise.raw")
    for source in [MicrophoneSettings.Source.file(path), .command(["cat", path])] {
      settings.source = source
      let heard = try await onLoop { [settings] in
        let microphone = try #require(Devices.microphone(settings))
        return try await Self.listen(microphone, frames: 90)
      }
      let (before, after) = (Self.power(noise[25_600..<28_800]), Self.power(heard.samples[25_600..<28_800]))
      if noiseSuppressionDB == 0 { #expect(after == before) } else { #expect(after < before / 20) }
    }
  }

  @Test func automaticGainMakesAQuietVoiceLouder() async throws {
    let directory = TemporaryDirectory()
    // Half a second of tone, half a second of none, at −50 dBFS.
    let voice = (0..<64_000).map { index -> Int16 in
      let time = Double(index)
      let wave: Double = 100 * sin(time * 0.2) * sin(time * 0.01)
      return index / 8000 % 2 == 0 ? Int16(wave) : 0
    }
    try voice.withUnsafeBytes { bytes in
      let file = try FileDescriptor.open(directory.file("voice.raw"), O_WRONLY | O_CREAT, mode: 0o600)
      #expect(try file.write(bytes) == bytes.count)
    }
    var settings = MicrophoneSettings()
    settings.source = .file(directory.file("voice.raw"))
    settings.automaticGain = true
    let heard = try await onLoop { [settings] in
      try await Self.listen(try #require(Devices.microphone(settings)), frames: 180)
    }
    let range = 48_000..<56_000
    #expect(Self.power(heard.samples[range]) > 4 * Self.power(voice[range]))
  }

  private static func power(_ samples: ArraySlice<Int16>) -> Double {
    samples.reduce(0) { $0 + Double($1) * Double($1) } / Double(samples.count)
  }

  @Test func aProgramThatClosesItsOutputAndStaysIsEnded() async throws {
    let heard = try await onLoop {
      try await Self.listen(CommandMicrophone(argv: ["sh", "-c", "exec >&-; sleep 60"]), events: 1)
    }
    #expect(heard.events == [.unavailable("the microphone's program sh ended with signal 15 (Terminated)")])
  }

  @Test func aProgramFasterThanTimeIsHeldBack() async throws {
    let heard = try await onLoop {
      try await Self.listen(CommandMicrophone(argv: ["cat", "/dev/zero"]), frames: 50)
    }
    #expect(heard.instants[49] - heard.instants[0] >= .milliseconds(49 * 19 - 400))
  }

  @Test func aProgramThatDoesNotExistIsToldOnce() async throws {
    let heard = try await onLoop {
      try await Self.listen(CommandMicrophone(argv: ["/nonexistent"]), events: 1)
    }
    #expect(
      heard.events == [
        .unavailable("the microphone's program: run /nonexistent: No such file or directory")
      ])
  }

  struct Heard: Sendable {
    var samples: [Int16] = []
    var instants: [Instant] = []
    var events: [AudioEvent] = []
  }

  @LoopActor static func listen(
    _ microphone: any Microphone, frames: Int = .max, events: Int = .max
  ) async throws -> Heard {
    var heard = Heard()
    let loop = LoopActor.shared.loop
    try await loop.wait(on: "microphone", until: loop.now + .seconds(20)) { (waiter: Waiter<Void>) in
      microphone.onFrame = { frame, instant in
        heard.samples += frame
        heard.instants.append(instant)
        if heard.instants.count == frames { waiter.resume(returning: ()) }
      }
      microphone.onEvent = { event in
        heard.events.append(event)
        if heard.events.count == events { waiter.resume(returning: ()) }
      }
      microphone.start()
    }
    microphone.stop()
    return heard
  }
}
