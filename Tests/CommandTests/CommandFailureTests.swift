// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@testable import mtor

/// Commands that cannot do what they were asked say why, with sysexits' code.
@Suite struct CommandFailureTests {
  private let directory = TemporaryDirectory()

  static let cases: [(line: String, code: ExitCode, text: String)] = [
    ("completion fish", .usage, "'fish': only bash is supported."),
    ("config", .usage, "say one of --default, --show and --reference."),
    ("ask hello --timeout 0", .usage, "--timeout 0: write 1ms to 120s."),
    ("gpio set lamp dim", .usage, "'dim' is no state. Write on, off or toggle."),
    ("gpio press bell sideways", .usage, "'sideways' is no state. Write down or up, or nothing."),
    ("generate website", .usage, "'website': write man or configuration."),
    ("history --realm chat --user 7", .usage, "give --realm or --user, not both."),
    ("history --state DIR --lines 0", .usage, "--lines 0: write a number from 1."),
    ("history --state DIR", .noInput, "there is no history in DIR"),
    ("log --state DIR --since yesterday", .usage, "--since yesterday: write 10min"),
    ("log --state DIR --lines none", .usage, "--lines none: write a number from 1."),
    ("log --state DIR", .noInput, "there is no journal at DIR/mtor.db"),
    ("log verify --state DIR --key abc", .usage, "--key abc: write the 64 hexadecimal digits"),
    ("backup DIR/copy --state DIR", .noInput, "there is no store in DIR"),
    ("restore DIR/nothing --state DIR", .noInput, "there is no copy of a store"),
    ("record DIR/a.wav --seconds 0", .usage, "--seconds 0: write a number from 1 to 86400."),
  ]

  @Test(arguments: cases)
  func whatCannotBeDoneIsSaid(_ line: String, _ code: ExitCode, _ text: String) throws {
    let words = line.split(separator: " ").map { word in
      word.hasPrefix("DIR") ? directory.path + word.dropFirst(3) : String(word)
    }
    let parser = ArgumentParser(commands: Commands.all)
    guard case .run(let command, let invocation) = try parser.parse(words) else {
      Issue.record("'\(line)' runs no command")
      return
    }
    let failure = thrown(CommandFailure.self) { try command.run(invocation) }
    #expect(failure?.code == code)
    #expect(failure?.text.contains(inDirectory(text)) == true, "\(failure?.text ?? "")")
  }

  @Test func whatJSONCannotHoldIsAMistakeOfOurs() {
    let failure = thrown(CommandFailure.self) { try Output.json([1, Double.nan]) }
    #expect(failure?.code == .software)
    #expect(failure?.text == "cannot write this as JSON: JSON: $[1]: JSON cannot hold nan")
  }

  private func inDirectory(_ text: String) -> String {
    let parts = text.split(separator: "DIR", omittingEmptySubsequences: false)
    return parts.joined(separator: directory.path)
  }
}
