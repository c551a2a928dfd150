// SPDX-License-Identifier: Apache-2.0
import Glibc
import Loop
import Posix
import Runtime
import TestSupport
import Testing
import Time

extension EndToEndTests {
  /// Sound devices that are wrong, away or go away. Busy ones and overruns need a kernel's card: DeviceTests.
  @Suite struct SoundTroubleTests {
    @Test func withoutACardEverythingElseWorksAndItIsToldOnce() async throws {
      try await onLoop {
        let settings = "microphone: {device: \"card:Nowhere\"}\n"
        let house = EndToEndTests.house.replacing("\"null\"", with: "defualt")
        try await Node.run(settings + house) { node in
          try await node.find("notice voice: device microphone card:Nowhere: no such device")
          node.rewind()
          try await node.find("connected for wake word detection")
          for _ in 0..<3 {
            let said = try await node.mtor("say", "hello")
            #expect(said.code == 1)
            #expect(said.output.contains("speaker defualt: no such device"), "\(said.output)")
          }
          #expect(try await node.mtor("ask", "turn on the light") == (0, "The light is on.\n"))
          try await node.find("warning automation: light_on: say: speaker defualt")
          #expect(try await node.mtor("gpio", "get", "lamp") == (0, "on\n"))
          let report = try await node.report()
          #expect(report.microphone.contains("no such device") && report.speaker.contains("Did you mean"))
          #expect(node.count("microphone card:Nowhere") == 1, "\(node.log)")
          #expect(node.count("device speaker") == 1, "\(node.log)")
        }
      }
    }

    @Test(.enabled(if: SoundServer.obstacle == nil))
    func whatIsUnpluggedIsToldAndComesBack() async throws {
      try await onLoop {
        let server = SoundServer()
        let settings = "microphone: {device: mic}\nvoice: {wake: button}\n"
        let house = EndToEndTests.house.replacing("\"null\"", with: "spk")
        try await Node.run(settings + house, environment: server.environment) { node in
          try await node.find("microphone: mic:")
          while try await node.mtor("say", "hello").code != 0 {}
          try await node.mtor("gpio", "press", "talk", "down")
          LoopActor.spawn("say") { try await node.mtor("say", Self.long) }
          try await node.tasks { $0.contains("the loudspeaker") }
          server.crash()
          try await node.find("microphone: unplugged")
          try await node.find("utterance 1: failure utterance dropped: microphoneLost")
          #expect(try await node.mtor("say", "hello").code == 1)
          server.start()
          try await node.find("microphone: mic:")
          try await node.mtor("gpio", "press", "talk", "up")
          try await node.mtor("gpio", "press", "talk")
          try await node.find("utterance 2: failure utterance dropped: tooShort")
          #expect(try await node.mtor("say", "hello") == (0, ""))
        }
        server.crash()
      }
    }

    @Test(.enabled(if: SoundServer.obstacle == nil))
    func theWakePhraseSilencesAReply() async throws {
      try await onLoop {
        let server = SoundServer()
        let said = try await Clips.speak("hey jarvis")[0]
        let house = EndToEndTests.house.replacing("\"null\"", with: "spk")
        try await Node.run("\(Node.microphone)\n" + house, environment: server.environment) { node in
          try await node.find("connected for wake word detection")
          let saying = LoopActor.spawn("say") {
            let said = try await node.mtor("say", Self.long)
            #expect(said == (1, "mtor: the reply was cut off\n"))
          }
          try await node.find("speaker: spk:")
          try node.hear(said)
          try await node.find("wake hey jarvis")
          try await saying.value
          // The end comes while it speaks.
          LoopActor.spawn("say") { try await node.mtor("say", Self.long) }
          try await node.tasks { $0.contains("the loudspeaker") }
        }
        server.crash()
      }
    }

    @Test(arguments: [
      ("/dev/full", Int32(73), "No space left on device. Free some space or record elsewhere."),
      ("/nonexistent/a.wav", 73, "No such file or directory"),
      ("{dir}/said.wav", 0, "clipped"),
    ])
    func aRecordingTellsWhatIsWrong(path: String, code: Int32, text: String) async throws {
      try await onLoop {
        let directory = TemporaryDirectory()
        let loud = #"[sh, -c, "while :; do printf '\\377\\177%.0s' $(seq 320); done"]"#
        let file = directory.write("mtor.yml", "board: sim\nmicrophone: {command: \(loud)}\n")
        let result = try await Programs.run([
          Programs.path("mtor"), "record", "--config", file, "--seconds", "2",
          path.replacing("{dir}", with: directory.path),
        ])
        #expect(result.code == code && result.output.contains(text), "\(result)")
      }
    }

    private static let long =
      "One two three four five six seven eight nine ten. "
      + "One two three four five six seven eight nine ten. One two three four five six seven eight nine ten."
  }
}
