// SPDX-License-Identifier: Apache-2.0
import Glibc
import Loop
import Posix
import Runtime
import TestSupport
import Testing
import Time
import Workers
import Wyoming

extension EndToEndTests {
  /// Workers that are not what they should be: the person hears it, and everything else goes on.
  @Suite struct WorkerTroubleTests {
    struct Trouble: Sendable {
      var says = ""
      var then = RawPeer.Then.hold
      var text: String
    }

    static let troubles: [Trouble] = [
      Trouble(text: "no answer within"),
      Trouble(then: .deaf, text: "no answer within"),
      Trouble(then: .close, text: "before the answer. It may have died"),
      Trouble(then: .closeAfter(bytes: 8000), text: "before the answer. It may have died"),
      Trouble(says: "HTTP/1.1 400 Bad Request\r\n\r\n", text: "is this a Wyoming service?"),
      Trouble(says: String(repeating: "{", count: 70_000), text: "header line longer than 65536 bytes"),
      Trouble(
        says: #"{"type": "transcript", "payload_length": 4294967296}"# + "\n",
        text: "announces 4294967296 bytes of payload"),
    ]

    /// Speech alone opens an utterance; the failure sound goes to a loudspeaker in real time.
    private static let settings = """
      \(Node.microphone)
      voice: {wake: vad, hangover: 200ms, deadline: 700ms}
      workers: {remote: {url: "unix://{dir}/raw.sock"}}
      services: {wake: remote, speech_to_text: remote, text_to_speech: remote}

      """

    @Test func aWorkerThatIsAbsentOrMisbehavesIsToldWithItsStageByTheDeadline() async throws {
      try await onLoop {
        let said = try await Clips.speak("turn on the light")[0]
        try await Node.run(Self.settings + EndToEndTests.house) { node in
          try node.hear(said)
          try await node.find("failure worker 'remote'", "speech to text", "Is it running?")
          // The failure sound has opened the loudspeaker.
          try await node.find("speaker: null")
          for trouble in Self.troubles {
            let peer = try RawPeer(node.directory, says: Array(trouble.says.utf8), then: trouble.then)
            try node.hear(said)
            let line = try await node.find("failure worker 'remote'")
            #expect(line.contains("speech to text") && line.contains(trouble.text), "\(line)")
            #expect(Self.lateness(line) < 5000, "\(line)")
            #expect(try await node.mtor("gpio", "set", "lamp", "toggle") == (0, ""))
            peer.stop()
          }
          let clips = try await Clips.speak("hello")
          try await Self.lateStages(node, clips[0])
        }
      }
    }

    /// Webhooks alone are missing without their library; their port is free.
    @Test func aDaemonWithoutMicroHTTPDSaysWhatIsMissing() async throws {
      let directory = TemporaryDirectory()
      let endpoint = try Self.freeEndpoint()
      directory.write("libmicrohttpd.so.12", "of another machine")
      directory.write("token", "0123456789abcdef0123\n")
      let settings = """
        board: sim
        microphone: {device: "off"}
        speaker: {device: "off"}
        gpio: {lamp: {output: GPIO5}}
        webhooks: {parcel: {token_file: "{dir}/token"}}
        http: {listen: "\(endpoint)"}
        automations: {parcel: {on: webhook.parcel, do: {set: lamp, to: on}}}
        """
      let environment = ["LD_LIBRARY_PATH=\(directory.path)"]
      try await onLoop {
        try await Node.run(settings, in: directory, environment: environment) { node in
          let line = try await node.find("webhooks cannot be called", "libmicrohttpd.so.12: file too short")
          #expect(line.contains("Install it: apt-get install libmicrohttpd12"))
          _ = try ListeningSocket.open(#require(SocketAddress(endpoint)))
          #expect(try await node.mtor("gpio", "set", "lamp", "toggle") == (0, ""))
        }
      }
    }

    /// Nobody has it, and the kernel does not give it to those who leave it to choose.
    private static func freeEndpoint() throws -> Endpoint {
      while true {
        let endpoint = Endpoint.tcp(host: "127.0.0.1", port: .random(in: 20_000..<32_000))
        do {
          _ = try ListeningSocket.open(#require(SocketAddress(endpoint)))
          return endpoint
        } catch let error as SystemError where error.errno == EADDRINUSE {}
      }
    }

    /// A voice's library that cannot be loaded keeps the others from nothing.
    @Test func aVoiceWhoseLibraryIsDamagedIsToldAndTheOthersSpeak() async throws {
      let directory = TemporaryDirectory()
      directory.write("libflite_cmu_us_rms.so.1", "of another machine")
      let environment = ["LD_LIBRARY_PATH=\(directory.path)"]
      try await onLoop {
        try await Clips.withWorker(in: directory, environment: environment) { service in
          let error = await thrown(WorkerError.self) { try await Clips.speech("hello", "rms", service) }
          #expect(error.map { "\($0)".contains("libflite_cmu_us_rms.so.1: file too short") } == true)
          let spoken = try await Clips.speech("hello", "slt", service)
          #expect(spoken.count > 4000)
        }
      }
    }

    /// Each stage has what the others have left of the deadline: a transcript in time, then a late
    /// reply, then a late action.
    @LoopActor private static func lateStages(_ node: Node, _ said: [Int16]) async throws {
      var transcripts = ["open the garage", "turn on the light"]
      mkfifo(node.directory.file("gate"), 0o600)
      let service = try ScriptedService(
        .unix(path: node.directory.file("raw.sock")), offers: [.asr, .tts]
      ) { stream, event in
        guard case .audioStop = event else { return }
        stream.send(.transcript(text: transcripts.popLast() ?? "", language: nil))
      }
      try node.hear(said)
      try await node.find("action lamp on")
      let line = try await node.find("failure say:")
      #expect(line.contains("text to speech: no answer within"), "\(line)")
      try node.hear(said)
      try await node.find("intent slow")
      let late = try await node.find("failure too late: run cat")
      #expect((700..<5000).contains(lateness(late)), "\(late)")
      service.server.stop()
    }

    @Test func anActionThatIsLateIsToldAtTheDeadlineAndEndsItself() async throws {
      try await onLoop {
        let house = EndToEndTests.house.replacing("timeout: 60s", with: "timeout: 2s")
        try await Node.run("microphone: {device: \"off\"}\n" + house) { node in
          mkfifo(node.directory.file("gate"), 0o600)
          let asked = try await node.mtor("ask", "--timeout", "300", "open the garage")
          #expect(asked == (1, "mtor: too late: run cat\n"))
          try await node.find("automation: slow: run cat", "deadline exceeded")
          #expect(try await node.mtor("ask", "turn on the light").code == 0)
        }
      }
    }

    @Test(arguments: [
      (#"[/nonexistent/worker]"#, "No such file or directory. Is it installed? (workers.speech.command)"),
      (#"[mtor-speech, --uri, "unix://{socket}", --model, "{dir}/en-us", "{options}"]"#, "{dir}/en-us"),
    ])
    func aWorkerThatCannotStartIsToldOnceAndTheRestWorks(command: String, text: String) async throws {
      try await onLoop {
        let worker = "workers: {speech: {command: \(command), restart_backoff_max: 1s}}\n"
        let directory = TemporaryDirectory()
        for folder in ["en-us", "en-us/en-us"] { mkdir(directory.file(folder), 0o700) }
        for file in ["mdef", "means", "feat.params"] { directory.write("en-us/en-us/\(file)", "rubbish") }
        let settings = "microphone: {device: \"off\"}\n" + worker + EndToEndTests.house
        try await Node.run(settings, in: directory) { node in
          let expected = text.replacing("{dir}", with: node.directory.path)
          let line = try await node.find(expected)
          #expect(line.contains(" speech: "), "\(line)")
          try await node.report { ($0.workers.first?.restarts ?? 0) >= 3 }
          #expect(node.count(expected) == 1, "\(node.log)")
          #expect(try await node.mtor("ask", "turn on the light") == (0, "The light is on.\n"))
          #expect(try await node.mtor("gpio", "get", "lamp") == (0, "on\n"))
        }
      }
    }

    /// Milliseconds since the end of speech: `(+712 ms)`.
    private static func lateness(_ line: String) -> Int {
      line.split(separator: "(+").last.flatMap { Int($0.prefix { $0.isNumber }) } ?? .max
    }
  }
}
