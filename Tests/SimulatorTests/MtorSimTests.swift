// SPDX-License-Identifier: Apache-2.0
import Loop
import Posix
import Runtime
import Simulator
import TestSupport
import Testing

/// The real program: whole worlds, each in a process of its own.
@Suite struct MtorSimTests {
  @Test func theSameSeedPlaysTheSameToTheLastByte() async throws {
    var random = Seed.generator()
    let seed = "\(random.next() % 1_000_000)"
    let arguments = ["--seed", seed, "--hours", "0.5", "--trace"]
    let first = try await play(arguments)
    let second = try await play(arguments)
    #expect(first.trace.count > 50)
    #expect(first.trace == second.trace)
  }

  @Test func invariantsHoldInASeriesOfWorldsAndEachHasSomethingToJudge() async throws {
    var random = Seed.generator()
    let first = "\(random.next() % 1_000_000)"
    let run = try await play(["--first", first, "--seeds", "4", "--hours", "4"])
    #expect(run.code == 0, "\(run.told)")
    for invariant in Invariants.all { #expect(run.told.contains("  \(invariant.name) "), "\(run.told)") }
  }

  /// What is broken on purpose is found by the invariant that is there for it, and can be played again.
  @Test(
    arguments: [
      (Sabotage.lostPress, "gestures: "), (.stuckOutput, "outputs: "), (.endlessReply, "speaker: "),
      (.lateTimer, ""), (.forgedFact, "store: "), (.chatter, "log: again and again"),
      (.silentAlarm, "automations: "),
    ] as [(Sabotage, String)])
  func sabotageIsFound(sabotage: Sabotage, finding: String) async throws {
    let run = try await play(["--seed", "11", "--hours", "3", "--sabotage", sabotage.rawValue])
    #expect(run.code == 1)
    #expect(run.told.contains("seed 11: \(finding)"), "\(run.told)")
    // Whichever sees it first: the loop's own timers, or those of what depends on them.
    if sabotage == .lateTimer {
      #expect(run.told.contains(" late") || run.told.contains("has not ended"), "\(run.told)")
    }
    #expect(run.told.contains("again: make sim SEED=11 HOURS=3"))
    #expect(run.told.contains("the last 50 events"))
  }

  @Test(arguments: [
    ["--hours", "0"], ["--seeds"], ["--sabotage", "nothing"], ["--seed", "x"], ["-h", "1"],
  ])
  func anUnknownCommandLineIsRefused(arguments: [String]) async throws {
    let run = try await play(arguments)
    #expect(run.code == 64)
    #expect(run.told.contains("usage: mtor-sim"))
  }

  /// Runs the program; lines that begin with a digit are the trace.
  private func play(_ arguments: [String]) async throws -> (code: Int32, trace: [String], told: String) {
    let path = "\(OwnProgram.directory ?? ".build/debug")/mtor-sim"
    return try await onLoop {
      let lines = Lines()
      var readers: [LineReader] = []
      let program = Program([path] + arguments, output: .pipe, error: .pipe)
      let status = try await LoopActor.shared.loop.wait(on: "mtor-sim") { (waiter: Waiter<ChildStatus>) in
        do throws(SystemError) {
          let child = try Child(program) { status in
            for reader in readers { reader.finish() }
            waiter.resume(returning: status)
          }
          readers = try child.readLines { lines.all.append($0) }
        } catch { waiter.resume(throwing: error) }
      }
      let isTrace = { (line: String) in line.first?.isNumber == true }
      let told = lines.all.filter { !isTrace($0) }.joined(separator: "\n")
      guard case .exited(let code) = status else { return (-1, [], "\(status)") }
      return (code, lines.all.filter(isTrace), told)
    }
  }

  @LoopActor private final class Lines {
    var all: [String] = []
  }
}
