// SPDX-License-Identifier: Apache-2.0
import Glibc
import Loop
import Posix
import Runtime
import TestSupport
import Testing
import Time

extension EndToEndTests {
  @Suite struct VoiceTests {
    private static let connected = "connected for wake word detection"

    @Test func aSpokenCommandInAFileBecomesAnActionAndAReply() async throws {
      try await onLoop {
        let said = try await Clips.speak("hey jarvis|turn on the light")[0]
        let file = "microphone: {file: \"{dir}/said.raw\"}\n"
        try await Node.run(file + EndToEndTests.house) { node in
          try await node.find("microphone file", "No such file or directory")
          // The file is heard in real time, whether the worker can already listen or not.
          try await node.find("speech: ready on")
          node.rewind()
          try await node.find(Self.connected)
          node.place("said.raw", said)
          for text in [
            "wake hey jarvis", "utterance 1: utterance", "utterance 1: transcript turn on the light",
            "utterance 1: intent light_on", "utterance 1: action lamp on",
            "utterance 1: reply The light is on.",
          ] { try await node.find(text) }
          #expect(try await node.mtor("gpio", "get", "lamp") == (0, "on\n"))
          node.rewind()
          try await node.find("microphone: no more audio")
        }
      }
    }

    @Test func theNextWakeIsHeardWhileACommandIsCarriedOut() async throws {
      try await onLoop {
        let clips = try await Clips.speak(
          "hey jarvis|open the garage", "hey jarvis|turn off the light", "hey jarvis")
        let settings = "\(Node.microphone)\nvoice: {no_speech_timeout: 500ms}\n"
        try await Node.run(settings + EndToEndTests.house) { node in
          mkfifo(node.directory.file("gate"), 0o600)
          try await node.find(Self.connected)
          try node.hear(clips[0] + clips[1])
          try await node.find("utterance 1: action run cat")
          try await node.find("utterance 2: reply The light is off.")
          let gate = try FileDescriptor.open(node.directory.file("gate"), O_WRONLY | O_NONBLOCK)
          gate.close()
          try await node.find("utterance 1: reply It is open.")
          // Silence after the wake phrase, and then what is far too loud.
          try node.hear(clips[2] + Clips.quiet(seconds: 1))
          try await node.find("utterance 3: failure nothing was said (timeout)")
          try node.hear(clips[1].map { Int16(clamping: Int($0) * 40) })
          try node.hear(clips[1])
          try await node.find("reply The light is off.")
        }
      }
    }

    @Test func theSpeechWorkerKilledTwentyTimesIsBackAndTheNextCommandWorks() async throws {
      try await onLoop {
        let said = try await Clips.speak("turn on the light")[0]
        let settings = """
          \(Node.microphone)
          workers: {speech: {restart_backoff_max: 200ms}}
          voice: {hangover: 200ms}

          """
        try await Node.run(settings + EndToEndTests.house) { node in
          for round in 1...20 {
            try await node.find(Self.connected)
            try await node.mtor("gpio", "press", "bell")
            try node.hear(Array(said[5000..<(said.count - 6400)]))
            try await node.find("utterance \(round): reply The light is on.")
            let worker = try #require(try await node.report().workers.first)
            #expect(worker.restarts == round - 1)
            kill(try #require(worker.pid.map(pid_t.init)), SIGKILL)
          }
          try await node.find(Self.connected)
          #expect(node.count("ended with signal 9") < 10)
        }
      }
    }

    @Test func aTalkButtonAndSpeechAloneOpenAnUtterance() async throws {
      try await onLoop {
        let said = try await Clips.speak("turn on the light", "turn off the light", "open the garage")
        let button = "\(Node.microphone)\nvoice: {wake: button}\n" + EndToEndTests.house
        try await Node.run(button) { node in
          while try await node.mtor("say", "hello").code != 0 {}
          try node.hear(said[0])
          try await node.mtor("gpio", "press", "bell")
          try node.hear(said[0])
          try await node.find("utterance 1: intent light_on")
          try await node.mtor("gpio", "press", "talk", "down")
          try node.hear(said[1] + said[1])
          try await LoopActor.shared.loop.sleep(for: .nanoseconds(Int64(said[1].count) * 125_000))
          try await node.mtor("gpio", "press", "talk", "up")
          try await node.find("utterance 2: utterance", "ended by released")
          try await node.find("utterance 2: transcript")
          node.configure(button.replacing("wake: button", with: "wake: vad"))
          #expect(try await node.mtor("reload") == (0, ""))
          // What was still to be heard when the button was let go is an utterance too.
          try node.hear(said[2])
          try await node.find("intent slow")
        }
      }
    }
  }
}

extension Node {
  /// Writes a file as a whole, so that who waits for it never sees a part.
  func place<Element: FixedWidthInteger>(_ name: String, _ values: [Element]) {
    let path = directory.write("\(name).new", "")
    if let file = fopen(path, "w") {
      fwrite(values, MemoryLayout<Element>.size, values.count, file)
      fclose(file)
    }
    rename(path, directory.file(name))
  }
}
