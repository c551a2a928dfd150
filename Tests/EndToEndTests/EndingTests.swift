// SPDX-License-Identifier: Apache-2.0
import Glibc
import Loop
import Posix
import Runtime
import TestSupport
import Testing
import Time
import Wyoming

extension EndToEndTests {
  /// SIGTERM ends the program well from whatever it is doing, SIGHUP never harms it.
  @Suite struct EndingTests {
    struct State: Sendable, CustomTestStringConvertible {
      var name: String
      var settings = "microphone: {device: \"off\"}"
      var enter: @Sendable @LoopActor (Node) async throws -> Void
      var testDescription: String { name }
    }

    private static let remote = """
      \(Node.microphone)
      voice: {wake: button, deadline: 60s}
      workers: {remote: {url: "unix://{dir}/raw.sock"}}
      services: {wake: remote, speech_to_text: remote, text_to_speech: remote}
      """

    static let states = [
      State(name: "starting") { node in
        while access(node.directory.file("commands.jsgf"), F_OK) != 0 {
          try await LoopActor.shared.loop.sleep(for: .microseconds(200))
        }
      },
      State(name: "idle") { node in try await node.find("ready: board") },
      State(name: "listening", settings: remote) { node in
        try node.hear(Clips.quiet(seconds: 0.2))
        try await node.find("microphone: perl")
        try await node.mtor("gpio", "press", "talk", "down")
      },
      State(name: "after the wake phrase", settings: Node.microphone) { node in
        let said = try await Clips.speak("hey jarvis")[0]
        try await node.find("connected for wake word detection")
        try node.hear(said)
        try await node.find("wake hey jarvis")
      },
      State(name: "in mid-utterance", settings: remote) { node in
        let said = try await Clips.speak("turn on the light and then all of the others")[0]
        node.peer = try RawPeer(node.directory, says: [], then: .hold)
        try await node.find("microphone: perl")
        try await node.mtor("gpio", "press", "bell")
        try node.hear(Array(said[..<(said.count - 16_000)]))
        try await node.tasks { $0.contains("remote: speech to text") }
      },
      State(name: "waiting for a transcript", settings: remote) { node in
        let said = try await Clips.speak("turn on the light")[0]
        node.peer = try RawPeer(node.directory, says: [], then: .hold)
        try await node.find("microphone: perl")
        try await node.mtor("gpio", "press", "bell")
        try node.hear(said)
        try await node.find("utterance 1: utterance")
        #expect(try await node.mtor("tasks").output.contains("remote: speech to text"))
      },
      State(name: "replying", settings: remote) { node in
        node.peer = try RawPeer(node.directory, says: [], then: .hold)
        try await node.find("ready: board")
        LoopActor.spawn("say") { try await node.mtor("say", "hello") }
        try await node.tasks { $0.contains("remote: text to speech") }
      },
      State(name: "running a program") { node in
        mkfifo(node.directory.file("gate"), 0o600)
        try await node.find("ready: board")
        LoopActor.spawn("ask") { try await node.mtor("ask", "open the garage") }
        try await node.tasks { $0.contains("program cat") }
      },
      State(name: "worker between two starts", settings: "workers: {speech: {command: [\"false\"]}}") {
        try await $0.find("ended with exit code 1")
      },
      State(
        name: "worker that will not end",
        settings: """
          workers: {speech: {command: [sh, -c, "trap '' TERM; echo up; while :; do sleep 100; done"]}}
          """
      ) { try await $0.find("speech: up") },
      State(name: "reading the configuration again") { node in
        try await node.find("ready: board")
        node.signal(SIGHUP)
      },
    ]

    @Test(arguments: states) func itEndsWellWithinFiveSecondsAndLeavesNoChild(state: State) async throws {
      try await onLoop {
        let node = try Node(state.settings + "\n" + EndToEndTests.house)
        do {
          try await state.enter(node)
          let children = node.children()
          let began = LoopActor.shared.loop.now
          try await node.end(SIGTERM)
          #expect(node.status == .exited(0), "\(node.log)")
          #expect(LoopActor.shared.loop.now - began < .seconds(5))
          #expect(node.count("not ended in time") == 0, "\(node.log)")
          for child in children { #expect(kill(child, 0) != 0, "a child is left (\(child)): \(node.log)") }
        } catch {
          try await node.end(SIGKILL)
          throw error
        }
      }
    }

    @Test func aStormOfSIGHUPIsOneOrTwoReadingsAndTheLastFileHolds() async throws {
      try await onLoop {
        let settings = "microphone: {device: \"off\"}\n" + EndToEndTests.house
        try await Node.run(settings) { node in
          for _ in 0..<300 {
            node.signal(SIGHUP)
            try await LoopActor.shared.loop.sleep(for: .microseconds(300))
          }
          node.configure(settings.replacing("turn on the light", with: "make it bright"))
          node.signal(SIGHUP)
          try await node.find("configuration read again and taken over")
          #expect(node.count("is full") == 0, "\(node.log)")
          #expect(node.count("configuration not taken over") == 0, "\(node.log)")
          // Many who ask at the same time are all answered.
          try await withThrowingTaskGroup(of: Int32.self) { group in
            for _ in 0..<6 { group.addTask { try await node.mtor("reload").code } }
            for try await code in group { #expect(code == 0) }
          }
          #expect(try await node.mtor("ask", "make it bright") == (0, "The light is on.\n"))
        }
      }
    }

    @Test func aProcessWithoutDescriptorsWaitsForOneAndThenAnswersAgain() async throws {
      try await onLoop {
        try await Node.run("microphone: {device: \"off\"}\n" + EndToEndTests.house) { node in
          let before = try await node.report().loopWakeUps
          // None above standard error: what is open stays open.
          try await node.limitDescriptors(to: 3)
          let asking = LoopActor.spawn("status") { try await node.mtor("status") }
          try await node.find("cannot accept: ", "Too many open files")
          try await node.limitDescriptors(to: 1024)
          #expect(try await asking.value.code == 0)
          // The socket stays ready all the time: one that is asked without a pause turns the loop 100,000 times.
          #expect(try await node.report().loopWakeUps - before < 1000)
          #expect(node.count("cannot accept") == 1)
        }
      }
    }

    @Test func aBadFileChangesNothingAndSaysWhyAndAGoodOneIsTakenOver() async throws {
      try await onLoop {
        let good = "microphone: {device: \"off\"}\n" + EndToEndTests.house
        try await Node.run(good) { node in
          node.configure(good + "commands: {light_on: [}\n")
          node.signal(SIGHUP)
          try await node.find("configuration not taken over, the old one stays in force", "mtor.yml:")
          let refused = try await node.mtor("reload")
          #expect(refused.code == 1 && refused.output.contains("mtor.yml:"), "\(refused.output)")
          try await node.mtor("ask", "turn on the light")
          #expect(try await node.mtor("gpio", "get", "lamp") == (0, "on\n"))
          try await node.mtor("gpio", "set", "lamp", "off")
          node.configure(good.replacing("turn on the light", with: "make it bright"))
          node.signal(SIGHUP)
          try await node.find("configuration read again and taken over")
          #expect(try await node.mtor("ask", "turn on the light") == (1, "mtor: no command is like that\n"))
          try await node.mtor("ask", "make it bright")
          #expect(try await node.mtor("gpio", "get", "lamp") == (0, "on\n"))
        }
      }
    }
  }
}

extension Node {
  /// Waits until `condition` of `mtor tasks` holds.
  func tasks(_ condition: (String) -> Bool) async throws {
    let limit = LoopActor.shared.loop.now + Self.patience
    while !condition(try await mtor("tasks").output) {
      if LoopActor.shared.loop.now > limit { throw NodeError("no such task", self) }
    }
  }

  /// Sets how many descriptors it may have.
  func limitDescriptors(to count: Int) async throws {
    let result = try await Programs.run(["prlimit", "--pid", "\(pid)", "--nofile=\(count):"])
    if result.code != 0 { throw NodeError("prlimit: \(result.output)", self) }
  }

  /// The processes that this one has started.
  func children() -> [Int32] {
    guard let file = fopen("/proc/\(pid)/task/\(pid)/children", "r") else { return [] }
    defer { fclose(file) }
    var text = [CChar](repeating: 0, count: 1024)
    let count = fread(&text, 1, text.count - 1, file)
    return String(decoding: text[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
      .split(separator: " ").compactMap { Int32($0) }
  }
}
