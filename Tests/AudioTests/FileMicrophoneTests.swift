// SPDX-License-Identifier: Apache-2.0
import Loop
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
    _ microphone: some Microphone, frames: Int = .max, events: Int = .max
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
