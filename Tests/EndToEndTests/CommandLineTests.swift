// SPDX-License-Identifier: Apache-2.0
import Glibc
import Loop
import Posix
import TestSupport
import Testing
import Time

@testable import Runtime

extension EndToEndTests {
  @Suite struct CommandLineTests {
    /// What is wrong with a file, and every text that `mtor check` has to tell about it.
    static let files: [String: (text: String, told: [String])] = [
      "a tab": ("board: sim\n\tvoice: {}\n", [":2:", "tab"]),
      "a key twice": ("board: sim\nboard: generic\n", [":2:", "board"]),
      "wrong types and keys": (
        "voice: {hangover: 400}\nlgo: {}\nspeaker: [1]\n", [":1:", ":2:", ":3:", "log", "400"]
      ),
      "aliases": ("a: &a [x, x]\nb: [*a, *a, *a]\n", [":1:", ":2:"]),
      "syntax": ("commands: {x: [}\n", [":1:"]),
      "huge": (String(repeating: "# filler\n", count: 200_000), ["larger than 1048576 bytes"]),
    ]

    @Test(arguments: files.keys) func checkTellsEveryMistake(of kind: String) async throws {
      let (text, told) = try #require(Self.files[kind])
      try await onLoop {
        let directory = TemporaryDirectory()
        let file = directory.write("bad.yml", text)
        let result = try await Programs.run([Programs.path("mtor"), "check", file])
        #expect(result.code == 78)
        for text in told { #expect(result.output.contains(text), "\(result.output)") }
      }
    }

    @Test func whatHappensIsFollowedLive() async throws {
      try await onLoop {
        try await Node.run("microphone: {device: \"off\"}\n" + EndToEndTests.house) { node in
          let lines = Following(node, "listen", "--json")
          while !lines.contains(#""stage":"action","text":"lamp on""#) {
            #expect(try await node.mtor("ask", "turn on the light").code == 0)
          }
          let edges = Following(node, "gpio", "watch", "bell")
          // The first press may be over when it begins to look.
          while !edges.contains("bell") || !edges.contains(" on ") {
            try await node.mtor("gpio", "press", "bell")
          }
        }
      }
    }

    @Test func aSecondDaemonIsRefusedAndTheFirstGoesOn() async throws {
      try await onLoop {
        let settings = "microphone: {device: \"off\"}\n" + EndToEndTests.house
        try await Node.run(settings) { node in
          let second = try Node(settings, in: node.directory)
          while second.status == nil { try await LoopActor.shared.loop.sleep(for: .milliseconds(2)) }
          #expect(second.status == .exited(75))
          #expect(second.count("another mtor is running here (\(node.directory.path))") == 1, "\(second.log)")
          #expect(try await node.report().board == "sim")
        }
      }
    }

    @Test func aThousandClicksAreAllSeenAndItAnswersMeanwhile() async throws {
      try await onLoop {
        let rule = "  counts: {on: gpio.bell.release, do: [{toggle: lamp}]}\n"
        let settings = "microphone: {device: \"off\"}\n" + EndToEndTests.house + rule
        try await Node.run(settings) { node in
          let path = node.directory.file("control.sock")
          let clicks = BlockingQueue("clicks", backlogMax: 1)
          let clicking = LoopActor.spawn("clicks") {
            try await clicks.run("press") {
              for index in 0..<2001 {
                let request = ControlRequest(.press, name: "bell", on: index % 2 == 0)
                try ControlClient(path: path).request(request, silenceMax: .seconds(10)) { _ in }
              }
            }
          }
          let answers = try await node.mtor("status", "--json")
          #expect(answers.code == 0)
          try await clicking.value
          let line = try await node.mtor("gpio", "get", "bell", "--json")
          #expect(line.output.contains(#""edges":2001"#), "\(line.output)")
          let lamp = try await node.mtor("gpio", "get", "lamp")
          #expect(lamp == (0, "off\n"), "\(lamp)")
          for _ in 0..<1000 { try await node.find("gesture bell release") }
        }
      }
    }
  }
}

/// A command that goes on until its daemon ends, and what it has printed.
@LoopActor private final class Following {
  private var lines: [String] = []
  private var child: Child?
  private var readers: [LineReader] = []

  init(_ node: Node, _ arguments: String...) {
    let environment = Programs.environment + ["MTOR_RUNTIME_DIR=\(node.directory.path)"]
    let program = Program([Programs.path("mtor")] + arguments, environment: environment, output: .pipe)
    child = try? Child(program) { _ in
      for reader in self.readers { reader.finish() }
      (self.readers, self.child) = ([], nil)
    }
    readers = (try? child?.readLines { self.lines.append($0) }) ?? []
  }

  func contains(_ text: String) -> Bool { lines.contains { $0.contains(text) } }
}
