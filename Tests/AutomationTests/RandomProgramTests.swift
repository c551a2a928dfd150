// SPDX-License-Identifier: Apache-2.0
import AutomationOracle
import JSON
import TestSupport
import Testing
import Time

@testable import Automation

/// Random programs: what the engine does is what the oracle works out, also when the power goes at any
/// moment between two commits, and the clock is set to whatever it may be.
@Suite struct RandomProgramTests {
  static let programs = 300

  @Test func theEngineDoesWhatTheOracleSays() {
    var random = Seed.generator()
    for _ in 0..<Self.programs {
      let seed = random.next()
      let program = RandomProgram(seed: seed)
      let world = CrashWorld(program, seed: seed, crashes: 0)
      #expect(world.effects.map(\.effect).sorted() == program.effects, "MTOR_SEED of the program: \(seed)")
    }
  }

  @Test func nothingIsLostOrDoneTwiceWhenThePowerGoes() {
    var random = Seed.generator()
    var crashes = 0
    for _ in 0..<Self.programs {
      let seed = random.next()
      let program = RandomProgram(seed: seed)
      let world = CrashWorld(program, seed: seed, crashes: 0.1)
      crashes += world.crashes
      let problem = Verdict.problem(world.effects, unknown: world.unknown, program)
      #expect(problem == nil, "program \(seed): \(problem ?? "")")
    }
    #expect(crashes > Self.programs)
  }
}

/// What became of a program that was interrupted.
enum Verdict {
  struct Done: Hashable {
    var key: String
    var effect: RandomProgram.Effect
  }

  /// The first thing that is not as the oracle has it.
  static func problem(_ done: [Done], unknown: [String: Int], _ program: RandomProgram) -> String? {
    let wanted = Dictionary(program.effects.map { ($0, 1) }, uniquingKeysWith: +)
    let found = Dictionary(Set(done).map { ($0.effect, 1) }, uniquingKeysWith: +)
    let keys = Dictionary(done.map { ($0, 1) }, uniquingKeysWith: +)
    for (done, count) in keys where done.effect.text.hasPrefix("once") && count > 1 {
      return "\(done.effect) was done \(count) times"
    }
    for (effect, count) in found where count > wanted[effect] ?? 0 { return "\(effect) is one too many" }
    var missing: [String: Int] = [:]
    for (effect, count) in wanted where (found[effect] ?? 0) < count {
      if !effect.text.hasPrefix("once") { return "\(effect) is missing" }
      missing[effect.text, default: 0] += count - (found[effect] ?? 0)
    }
    // The engine tells of a step by its kind alone.
    let told = unknown.values.reduce(0, +)
    let lost = missing.values.reduce(0, +)
    return lost > told ? "\(lost) effects are missing and \(told) told as unknown" : nil
  }
}

/// A store, a file of effects and a machine whose power goes.
private struct CrashWorld {
  private(set) var effects: [Verdict.Done] = []
  private(set) var unknown: [String: Int] = [:]
  private(set) var crashes = 0
  private let program: RandomProgram
  private var stored: [String: JSONObject] = [:]
  private var cursor: VirtualTime
  private var random: SeededGenerator
  private let chance: Double

  init(_ program: RandomProgram, seed: UInt64, crashes chance: Double) {
    self.program = program
    self.chance = chance
    cursor = VirtualTime(program)
    random = SeededGenerator(seed: seed &+ 1)
    while !live() { crashes += 1 }
  }

  private struct PowerCut: Error {}

  /// From one start to the end, or to the next power cut: then false.
  private mutating func live() -> Bool {
    var time = cursor
    do {
      var engine = try begin(time)
      while let next = time.next(engine) {
        switch next {
        case .event(let event): try take(engine.handle(event, at: time.clocks), &engine, time)
        case .reboot: engine = try begin(time)
        }
      }
      return true
    } catch { return false }
  }

  private mutating func begin(_ time: VirtualTime) throws -> Engine {
    var engine = Engine(program.rules, zone: RandomProgram.zone, boot: time.boot, at: time.clocks)
    let left = stored.sorted { $0.key < $1.key }.map { Turn.Checkpoint(key: $0.key, body: $0.value) }
    try take(engine.start(left, at: time.clocks), &engine, time)
    return engine
  }

  private mutating func take(_ first: Turn, _ engine: inout Engine, _ time: VirtualTime) throws {
    var turns = [first]
    while !turns.isEmpty {
      let turn = turns.removeFirst()
      try cut()
      for checkpoint in turn.checkpoints { stored[checkpoint.key] = checkpoint.body }
      for fact in turn.facts where fact.kind == "rule.unknown" {
        unknown[fact.body["step"]?.stringValue ?? "", default: 0] += 1
      }
      cursor = time
      for case .perform(let effect) in turn.actions {
        guard case .log(let text) = effect.step else { continue }
        try cut()
        effects.append(
          Verdict.Done(key: effect.id.key, effect: RandomProgram.Effect(at: time.now, text: text)))
        turns.append(engine.handle(.stepEnded(effect.id, .done(.null)), at: time.clocks))
      }
    }
  }

  private mutating func cut() throws {
    if Double.random(in: 0..<1, using: &random) < chance { throw PowerCut() }
  }
}
