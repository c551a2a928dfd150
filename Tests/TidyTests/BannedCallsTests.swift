// SPDX-License-Identifier: Apache-2.0
import Testing

/// Calls that a compiler lets pass, each with what to write instead.
@Suite struct BannedCallsTests {
  struct Ban: Sendable {
    var call: String
    var instead: String
    /// Beginnings of paths where it is meant.
    var allowed: [String] = []
  }

  static let bans = [
    Ban(call: "usleep(", instead: "a loop timer: loop.after, or sleep in a flow", allowed: ["Benchmarks/"]),
    Ban(call: "fatalError(", instead: "throw, or precondition for a programmer's error"),
    Ban(call: "try!", instead: "do and catch"),
    Ban(
      call: "print(", instead: "Log, or Output in a command",
      allowed: ["Benchmarks/", "Tests/TestSupport/Seed.swift"]),
    Ban(call: "DispatchQueue.global", instead: "a named BlockingQueue", allowed: ["Benchmarks/"]),
    Ban(call: "Task {", instead: "LoopActor.spawn", allowed: ["Tests/LoopTests/", "Benchmarks/"]),
    Ban(call: "Task.detached", instead: "LoopActor.spawn", allowed: ["Tests/LoopTests/", "Benchmarks/"]),
    Ban(call: "Task.sleep", instead: "the loop's sleep", allowed: ["Benchmarks/"]),
    Ban(call: "import Foundation", instead: "Glibc, or the modules JSON, Posix and Time"),
    Ban(call: "Mutex<", instead: "Posix.Locked: Mutex gives false reports under the thread sanitizer"),
    Ban(call: "Mutex(", instead: "Posix.Locked: Mutex gives false reports under the thread sanitizer"),
    Ban(call: "NSLock", instead: "Posix.Locked"),
  ]

  @Test(arguments: bans) func bannedCallsAreNotUsed(_ ban: Ban) {
    for file in SourceTree.shared.files where file.isSwift {
      if ban.allowed.contains(where: { file.path.hasPrefix($0) }) { continue }
      guard file.text.contains(ban.call) else { continue }
      for (index, line) in file.lines.enumerated() where Self.isUsed(ban.call, in: line.code) {
        Issue.record("\(file.path):\(index + 1): '\(ban.call)': use \(ban.instead)")
      }
    }
  }

  @Test func theSearchSeesCallsAndNothingElse() {
    for line in ["Task { x }", "  return Task {", "(Task { })"] { #expect(Self.isUsed("Task {", in: line)) }
    for line in ["LoopTask {", "let a = \"Task {\"", "a() // Task {"] {
      #expect(!Self.isUsed("Task {", in: Substring(line).code))
    }
  }

  /// As a word of its own, not as the end of a longer one.
  private static func isUsed(_ call: String, in code: String) -> Bool {
    code.ranges(of: call).contains { range in
      guard range.lowerBound > code.startIndex else { return true }
      let before = code[code.index(before: range.lowerBound)]
      return !(before.isLetter || before.isNumber || before == "_" || before == ".")
    }
  }
}
