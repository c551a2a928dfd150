// SPDX-License-Identifier: Apache-2.0
import AutomationOracle
import Glibc
import Loop
import Posix
import Runtime
import Store
import TestSupport
import Testing
import Time

/// Random programs run in a process that is killed again and again, on a real file system: what they have
/// done in the end is what the oracle works out for a process that nobody disturbs. In their own time the
/// clock is set by an hour and by a year, forth and back, to 1970, before both changes of the clocks, and the
/// machine starts anew.
@Suite struct AutomationKillTests {
  /// `MTOR_KILL_PROGRAMS=500` for the long run.
  static let programs = getenv("MTOR_KILL_PROGRAMS").flatMap { Int(String(cString: $0)) } ?? 12
  static let killsMax = 6
  static let microsecondsMax: Int64 = 60_000

  @Test func everyProgramDoesWhatTheOracleSays() async throws {
    var random = Seed.generator()
    var kills = 0
    for _ in 0..<Self.programs {
      let seed = random.next()
      let directory = TemporaryDirectory()
      for _ in 0..<Self.killsMax {
        let pause = Int64.random(in: 3000...Self.microsecondsMax, using: &random)
        let hasEnded = try await onLoop { try await Self.live(directory.path, seed, killAfter: pause) }
        if hasEnded { break }
        kills += 1
      }
      let hasEnded = try await onLoop { try await Self.live(directory.path, seed, killAfter: nil) }
      #expect(hasEnded)
      let problem = try Self.problem(directory.path, RandomProgram(seed: seed))
      #expect(problem == nil, "program \(seed): \(problem ?? "")")
    }
    #expect(kills > Self.programs / 2)
  }

  /// One life of the process. - Returns: it came to its end by itself.
  @LoopActor private static func live(_ directory: String, _ seed: UInt64, killAfter pause: Int64?)
    async throws
    -> Bool
  {
    let loop = LoopActor.shared.loop
    let program = Program(
      [Programs.path("automation-writer"), directory, "\(seed)"], environment: Programs.environment)
    let status = try await loop.wait(on: "automation-writer", until: loop.now + .seconds(60)) {
      (waiter: Waiter<ChildStatus>) in
      do {
        let child = try Child(program) { waiter.resume(returning: $0) }
        if let pause { _ = loop.after(.microseconds(pause), name: "kill") { child.signal(SIGKILL) } }
      } catch { waiter.resume(throwing: error) }
    }
    return status.isSuccess
  }

  private struct Line: Hashable {
    var key: String
    var effect: RandomProgram.Effect
  }

  /// The first thing that is not as the oracle has it.
  private static func problem(_ directory: String, _ program: RandomProgram) throws -> String? {
    let lines = try effects("\(directory)/effects")
    let wanted = Dictionary(program.effects.map { ($0, 1) }, uniquingKeysWith: +)
    let found = Dictionary(Set(lines).map { ($0.effect, 1) }, uniquingKeysWith: +)
    for (line, count) in Dictionary(lines.map { ($0, 1) }, uniquingKeysWith: +)
    where count > 1 && line.effect.text.hasPrefix("once") { return "\(line.effect) was done \(count) times" }
    for (effect, count) in found where count > wanted[effect] ?? 0 { return "\(effect) is one too many" }
    var lost = 0
    for (effect, count) in wanted where (found[effect] ?? 0) < count {
      if !effect.text.hasPrefix("once") { return "\(effect) is missing" }
      lost += count - (found[effect] ?? 0)
    }
    let reader = try JournalReader.open(StorePaths(directory: directory).main)
    var unknown = 0
    _ = try reader.visit(after: 0, kind: "rule.unknown") { _ in
      unknown += 1
      return true
    }
    let verification = try reader.verify()
    if !verification.isGood { return "the journal: \(verification.faults)" }
    return lost > unknown ? "\(lost) effects are missing and \(unknown) told as unknown" : nil
  }

  private static func effects(_ file: String) throws -> [Line] {
    guard access(file, F_OK) == 0 else { return [] }
    let bytes = try FileDescriptor.open(file, O_RDONLY).read(upTo: 1 << 20)
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ", maxSplits: 2).map(String.init)
      guard words.count == 3, let at = Int(words[0]), words[1] != "unknown" else { return nil }
      return Line(key: words[1], effect: RandomProgram.Effect(at: at, text: words[2]))
    }
  }
}
