// SPDX-License-Identifier: Apache-2.0
import Glibc
import Loop
import Posix
import TestSupport
import Testing
import Wyoming
import WyomingTransport

@testable import Runtime

extension EndToEndTests {
  /// Realms and workers as a person has them, against servers that answer as the real ones do.
  @Suite struct RealmsTests {
    private static let server = Result {
      try PythonServer(
        "\(#filePath.dropLast("/EndToEndTests/RealmsTests.swift".count))/WorkersTests/Servers/workers.py")
    }
    private let port: UInt16

    init() async throws { port = try await onThread { try Self.server.get().port } }

    private var workers: String {
      """
      workers:
        llm: {kind: openai, url: "http://127.0.0.1:\(port)/v1", realms: [$CHAT, $VISION], model: small}
        gone: {kind: openai, url: "http://127.0.0.1:9", realms: $CHAT}

      """
    }

    @Test func aQuestionIsAnsweredByAWorkerAndWhyTellsHow() async throws {
      try await onLoop {
        let settings = "microphone: {device: \"off\"}\n" + workers + EndToEndTests.house
        try await Node.run(settings) { node in
          #expect(try await node.mtor("ask", "turn on the light").code == 0)
          let answer = try await node.mtor("ask", "why is the sky blue")
          #expect(answer == (0, "you said: why is the sky blue – grüße user None\n"))
          let why = try await node.mtor("why", "ask-2").output
          for text in [
            "ask-2, asked by user", "for $CHAT: the default: no rule is about it", "llm is asked",
            "llm gives the first piece", "completed",
          ] { #expect(why.contains(text), "\(why)") }
          #expect(try await node.mtor("why", "ask-1").output.contains("it is the command light_on"))
          let named = try await node.mtor("ask", "--realm", "chat", "--json", "hello").output
          #expect(named.contains(#""worker":"llm""#), "\(named)")
          let refused = try await node.mtor("ask", "--realm", "nowhere", "hello")
          #expect(refused.code == 1 && refused.output.contains("no realm '$NOWHERE'"), "\(refused)")
          let tables = try await node.mtor("workers").output + node.mtor("realms").output
          #expect(tables.split(separator: "\n").allSatisfy { $0.count <= 80 }, "\(tables)")
          #expect(tables.contains("llm") && tables.contains("$CHAT"))
          #expect(try await node.report().realms?.map(\.name).contains("$CHAT") == true)
          let history = try await node.mtor("history", "--realm", "$CHAT").output
          #expect(history.contains("completed"), "\(history)")
        }
      }
    }

    @Test func aStepWhoseServerRefusesSaysWhatItSaid() async throws {
      try await onLoop {
        let settings = """
          microphone: {device: "off"}
          workers:
            gone: {kind: openai, url: "http://127.0.0.1:9", realms: $CHAT}
          automations:
            opinion: {on: start, do: [{ask: $CHAT, text: which is best, timeout: 1s}]}
            page: {on: start, do: [{http: "http://127.0.0.1:\(port)/nowhere"}]}

          """
        try await Node.run(settings) { node in
          try await node.find("warning automation: page: GET http://127.0.0.1:\(port)/nowhere: status 404")
          node.rewind()
          try await node.find("warning automation: opinion: ask $CHAT: worker 'gone': unreachable")
        }
      }
    }

    /// An automation's question goes to a program, and its answer into the next step.
    @Test func anAutomationAsksAWorkerAndUsesTheAnswer() async throws {
      try await onLoop {
        let settings = """
          microphone: {device: "off"}
          workers:
            upper:
              kind: exec
              command: [python3, -c, "import json; print(json.loads(input())['text'].upper())"]
              realms: [$CHAT]
          automations:
            opinion:
              on: start
              do:
                - ask: $CHAT
                  text: which {{ 'pudding' }} is best
                  save: answer
                  timeout: 20s
                - log: "the answer is: {{ answer.answer }}"

          """
        try await Node.run(settings) { node in
          try await node.find("the answer is: WHICH PUDDING IS BEST")
          let history = try await node.mtor("history", "--realm", "$CHAT").output
          #expect(history.contains("completed"), "\(history)")
        }
      }
    }

    /// A program sorts, Claude's API chats, and what is about an image goes elsewhere.
    @Test func aClassifierFindsTheRealmAndAnthropicsAPIAnswers() async throws {
      try await onLoop {
        let directory = TemporaryDirectory()
        directory.write("claude.key", "s3cret\n")
        directory.write("sort", "if grep -q 'Request:.*picture'; then echo vision; else echo chat; fi")
        let settings = """
          microphone: {device: "off"}
          realms: {$SORT: {type: chat}}
          workers:
            claude:
              kind: anthropic
              url: "http://127.0.0.1:\(port)"
              model: small
              key_file: "{dir}/claude.key"
              realms: $CHAT
            eye: {kind: openai, url: "http://127.0.0.1:\(port)", realms: $VISION}
            sorter: {kind: exec, command: [sh, "{dir}/sort"], realms: $SORT}
          routing: {classifier: $SORT, choices: [$CHAT, $VISION], budget: 20s}

          """
        try await Node.run(settings + EndToEndTests.house, in: directory) { node in
          let chat = try await node.mtor("ask", "--timeout", "60s", "how are you")
          #expect(chat == (0, "heard: how are you 1024\n"))
          let seen = try await node.mtor("ask", "--timeout", "60s", "what is in the picture")
          #expect(seen.output.hasPrefix("you said: what is in the picture"), "\(seen)")
          let why = try await node.mtor("why").output
          #expect(why.contains("for $VISION: the classifier's choice"), "\(why)")
          #expect(try await node.mtor("workers", "probe", "claude").code == 0)
          node.directory.write("claude.key", "another\n")
          #expect(try await node.mtor("reload").code == 0)
          let wrong = try await node.mtor("ask", "--realm", "chat", "hello")
          #expect(wrong.code == 1 && wrong.output.contains("invalid x-api-key. Check its key"), "\(wrong)")
        }
      }
    }

    /// A certificate of our own, a key that is pinned, and a name that only a proxy knows.
    @Test func aWorkerIsBelievedByItsCertificateAndFoundThroughAProxy() async throws {
      let directory = TemporaryDirectory()
      let (key, certificate) = (directory.file("key.pem"), directory.file("certificate.pem"))
      let made = system(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
          + " -addext subjectAltName=DNS:localhost -keyout \(key) -out \(certificate) 2>/dev/null")
      try #require(made == 0)
      let servers = "\(#filePath.dropLast("/EndToEndTests/RealmsTests.swift".count))/WorkersTests/Servers"
      let secure = try PythonServer("\(servers)/workers.py \(certificate) \(key)")
      let socks = try PythonServer("\(servers)/socks.py \(port)")
      try await onLoop {
        let digest = try await Programs.run([
          "sh", "-c",
          "openssl x509 -pubkey -noout -in \(certificate) | openssl pkey -pubin -outform der"
            + " | openssl dgst -sha256 -binary | base64",
        ]).output.filter { !$0.isWhitespace }
        let another = String(repeating: "A", count: 43) + "="
        let hidden = "kind: openai, url: \"http://only.at.the.proxy\", realms:"
        let home = "kind: openai, url: \"https://localhost:\(secure.port)\", realms:"
        let settings = """
          microphone: {device: "off"}
          workers:
            own: {\(home) $OWN, ca_file: \(certificate), pinned_key: "sha256//\(digest)"}
            other: {\(home) $OTHER, ca_file: \(certificate), pinned_key: "sha256//\(another)"}
            public: {\(home) $PUBLIC}
            proxied: {\(hidden) $PROXIED, proxy: "http://127.0.0.1:\(port)"}
            socks: {\(hidden) $SOCKS, proxy: "socks5h://127.0.0.1:\(socks.port)"}
          realms: {$OWN: {}, $OTHER: {}, $PUBLIC: {}, $PROXIED: {}, $SOCKS: {}}

          """
        try await Node.run(settings + EndToEndTests.house) { node in
          for realm in ["OWN", "PROXIED", "SOCKS"] {
            let answer = try await node.mtor("ask", "--realm", realm, "hello")
            #expect(answer.output.hasPrefix("you said: hello"), "\(realm): \(answer)")
          }
          for realm in ["OTHER", "PUBLIC"] {
            let answer = try await node.mtor("ask", "--realm", realm, "hello")
            #expect(answer.code == 1 && answer.output.contains("no secure connection"), "\(realm): \(answer)")
          }
        }
      }
    }

    @Test func imagesSoundsAndFilesGoBothWays() async throws {
      try await onLoop {
        let settings = "microphone: {device: \"off\"}\n" + workers + EndToEndTests.house
        try await Node.run(settings) { node in
          let image = node.directory.write("door.jpg", "GIF89a, whatever its name says")
          let wrong = try await node.mtor("ask", "--audio", image, "what is it")
          #expect(wrong.code == 65 && wrong.output.contains("no audio that is known"), "\(wrong)")
          let seen = try await node.mtor("ask", "--image", image, "what", "is", "it")
          #expect(seen.output.hasPrefix("you said: text image_url GIF89a"), "\(seen)")
          let spoken = node.directory.file("hello.wav")
          #expect(try await node.mtor("ask", "--realm", "SPEAK", "-o", spoken, "hello").code == 0)
          #expect(try SoundFile.load(spoken).duration > .milliseconds(200))
          let clip = try await Clips.speak("turn on the light")[0]
          node.place("said.wav", Sound(rateHz: 16_000, channels: 1, samples: clip).wav)
          let heard = try await node.mtor("ask", "--audio", node.directory.file("said.wav"))
          #expect(heard == (0, "mtor: heard: turn on the light\nThe light is on.\n"))
          #expect(try await node.mtor("gpio", "get", "lamp") == (0, "on\n"))
        }
      }
    }

    @Test func workersComeAndGoWhileItRuns() async throws {
      try await onLoop {
        let settings = "microphone: {device: \"off\"}\n" + EndToEndTests.house
        try await Node.run(settings) { node in
          #expect(try await node.mtor("ask", "hello").output == "mtor: no command is like that\n")
          let bad = try await node.mtor("workers", "add", "llm", "kind=openai", "url=http://b")
          #expect(bad.code == 1 && bad.output.contains("kind openai needs 'realms'"), "\(bad)")
          let added = try await node.mtor(
            "workers", "add", "llm", "kind=rentahal", "url=127.0.0.1:\(port)", "realms=$CHAT", "model=m")
          #expect(added.code == 0, "\(added)")
          #expect(try await node.mtor("ask", "hello").output == "chat worker_node m hello \n")
          #expect(try await node.mtor("workers", "probe", "llm").output.contains("alive"))
          let realm = try await node.mtor("realms", "add", "$DRAFTS", "queue=8", "backups=$CHAT")
          #expect(realm == (0, ""))
          let draft = try await node.mtor("ask", "--realm", "drafts", "hello")
          #expect(draft == (0, "chat worker_node m hello \n"))
          #expect(try await node.mtor("realms", "change", "$DRAFTS", "queue=0").code == 0)
          #expect(try await node.mtor("realms").output.contains("0/0"))
          #expect(try await node.mtor("realms", "remove", "$DRAFTS").code == 0)
          #expect(try await node.mtor("ask", "--realm", "drafts", "hello").code == 1)
          #expect(try await node.mtor("workers", "drain", "llm").code == 0)
          #expect(try await node.mtor("ask", "--timeout", "2s", "hello").code == 1)
          #expect(try await node.mtor("workers", "remove", "llm").code == 0)
          #expect(try await node.mtor("workers", "remove", "llm").code == 1)
        }
      }
    }

    @Test func aProgramAnswersAndAnotherNodeIsAskedWithItsName() async throws {
      let node = try PythonServer(
        "\(#filePath.dropLast("/EndToEndTests/RealmsTests.swift".count))/WorkersTests/Servers/node.py hall")
      try await onLoop {
        let settings = """
          node: kitchen
          microphone: {device: "off"}
          workers:
            clock: {kind: exec, command: [sh, "{dir}/clock"], realms: $CHAT}
            hall: {kind: mtor, url: "http://127.0.0.1:\(node.port)", realms: $VISION}

          """
        let directory = TemporaryDirectory()
        directory.write("clock", "cat > /dev/null; echo it is noon")
        try await Node.run(settings + EndToEndTests.house, in: directory) { node in
          let noon = try await node.mtor("ask", "what", "time", "is", "it")
          #expect(noon.code == 0 && noon.output.hasPrefix("it is noon"), "\(noon)")
          let probes = try await node.mtor("workers", "probe").output
          #expect(!probes.contains("dead"), "\(probes)")
          let far = try await node.mtor("ask", "--realm", "VISION", "hello")
          #expect(far.code == 0 && far.output.contains("kitchen"), "\(far)")
        }
      }
    }

    @Test func aWorkerIsExaminedWithoutADaemon() async throws {
      try await onLoop {
        let url = "http://127.0.0.1:\(port)"
        let chat = try await Programs.run([Programs.path("mtor"), "worker-probe", url])
        #expect(chat.code == 0 && chat.output.contains("kind openai, task chat"), "\(chat)")
        #expect(chat.output.contains("models: small large") && chat.output.contains("given up"), "\(chat)")
        let stock = try await Programs.run(
          [Programs.path("mtor"), "worker-probe", "--kind", "rentahal", "--json", url])
        #expect(stock.code == 0 && stock.output.contains(#""kind":"rentahal""#), "\(stock)")
        let nobody = try await Programs.run([Programs.path("mtor"), "worker-probe", "http://127.0.0.1:9"])
        #expect(nobody.code == 69 && nobody.output.contains("nobody answers there"), "\(nobody)")
      }
    }

    @Test func theFirstSentenceIsHeardWhileTheSecondIsBeingWritten() async throws {
      try await onLoop {
        let directory = TemporaryDirectory()
        let ears = try Self.ears(.unix(path: directory.file("ears.sock")), hears: "tell me a story")
        defer { ears.stop(within: .seconds(1)) }
        let said = try await Clips.speak("turn on the light")[0]
        let settings = """
          \(Node.microphone)
          voice: {wake: button, deadline: 60s}
          services: {speech_to_text: ears}
          workers:
            ears: {url: "unix://\(directory.file("ears.sock"))"}
            llm: {kind: openai, url: "http://127.0.0.1:\(port)", realms: $CHAT, model: gated}

          """
        try await Node.run(settings + EndToEndTests.house) { node in
          while try await node.mtor("say", "hello").code != 0 {}
          node.rewind()
          try await node.mtor("gpio", "press", "bell")
          try node.hear(said)
          try await node.find("utterance 1: transcript tell me a story")
          try await node.find("utterance 1: intent left to $CHAT")
          try await node.find("utterance 1: reply The first sentence is here.")
          #expect(node.count("The second one came later.") == 0)
          let open = "import urllib.request as r; r.urlopen('http://127.0.0.1:\(port)/gate')"
          #expect(try await Programs.run(["python3", "-c", open]).code == 0)
          try await node.find("utterance 1: reply The second one came later.")
          try await node.report { $0.realms?.first { $0.name == "$SPEAK" }?.completed == 2 }
        }
      }
    }

    /// A recogniser that always understands the same.
    @LoopActor private static func ears(_ endpoint: Endpoint, hears text: String) throws -> WyomingServer {
      try WyomingServer(endpoint) { stream in
        stream.onEvent = { [unowned stream] event in
          switch event {
          case .describe: stream.send(.info(WyomingInfo([.asr: [WyomingProgram(name: "ears")]])))
          case .audioStop: stream.send(.transcript(text: text, language: nil))
          default: break
          }
        }
      }
    }
  }
}
