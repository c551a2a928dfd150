// SPDX-License-Identifier: Apache-2.0
import Automation
import AutomationOracle
import Glibc
import JSON
import Loop
import Store

/// Runs a random program on a real store until it is killed, and goes on where it was when it is started
/// again; time, jumps of the clock and starts of the machine are those of the program:
///
///     automation-writer DIRECTORY SEED
///
/// Each effect is one line in the file `effects`: its time, its key and its text. An effect whose fate is
/// not known is a line too. Ends with 0 when the program is over.
@main struct AutomationWriter {
  static func main() {
    guard CommandLine.arguments.count == 3, let seed = UInt64(CommandLine.arguments[2]) else { exit(64) }
    let directory = CommandLine.arguments[1]
    let loop = LoopActor.shared.loop
    loop.bindToCurrentThread()
    LoopActor.spawn("writer") {
      do {
        try await Writer(directory, RandomProgram(seed: seed)).run()
        exit(0)
      } catch {
        exit(1)
      }
    }
    loop.run()
  }
}

@LoopActor private final class Writer {
  private let program: RandomProgram
  private let store: Store
  private let effects: Int32
  private var engine: Engine
  private var time: VirtualTime

  init(_ directory: String, _ program: RandomProgram) {
    self.program = program
    store = Store(StoreOptions(StorePaths(directory: directory)))
    effects = open("\(directory)/effects", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    let time = VirtualTime(program)
    self.time = time
    engine = Engine(program.rules, zone: RandomProgram.zone, boot: time.boot, at: time.clocks)
  }

  func run() async throws {
    store.open()
    if let cursor = try await store.checkpoints(prefix: "cursor").first {
      let numbers = String(decoding: cursor.body, as: UTF8.self).split(separator: " ").compactMap { Int($0) }
      if numbers.count == 2 { time = VirtualTime(program, now: numbers[0], played: numbers[1]) }
    }
    try await begin()
    while let next = time.next(engine) {
      switch next {
      case .event(let event): try await take(engine.handle(event, at: time.clocks))
      case .reboot: try await begin()
      }
    }
    await store.close()
  }

  private func begin() async throws {
    engine = Engine(program.rules, zone: RandomProgram.zone, boot: time.boot, at: time.clocks)
    let left = try await store.checkpoints(prefix: Engine.keyPrefix).map { checkpoint in
      Turn.Checkpoint(key: checkpoint.key, body: (try? JSONText.value(checkpoint.body))?.objectValue)
    }
    try await take(engine.start(left, at: time.clocks))
  }

  private func take(_ first: Turn) async throws {
    var turns = [first]
    while !turns.isEmpty {
      let turn = turns.removeFirst()
      try await commit(turn)
      for case .perform(let effect) in turn.actions {
        guard case .log(let text) = effect.step else { continue }
        write("\(time.now) \(effect.id.key) \(text)")
        turns.append(engine.handle(.stepEnded(effect.id, .done(.null)), at: time.clocks))
      }
    }
  }

  private func commit(_ turn: Turn) async throws {
    var writes: [Write] = turn.facts.map { .journal(JournalEntry($0.kind, $0.body)) }
    for checkpoint in turn.checkpoints {
      var body: [UInt8]?
      if let object = checkpoint.body {
        var bytes: [UInt8] = []
        JSONWriter(JSONStyle(.compact, sortsKeys: true)).append(object, to: &bytes)
        body = bytes
      }
      writes.append(.checkpoint(key: checkpoint.key, body: body))
    }
    writes.append(.checkpoint(key: "cursor", body: Array("\(time.now) \(time.played)".utf8)))
    try await store.commit(writes)
    for fact in turn.facts where fact.kind == "rule.unknown" {
      write("\(time.now) unknown \(fact.body["step"]?.stringValue ?? "")")
    }
  }

  private func write(_ line: String) {
    let bytes = Array("\(line)\n".utf8)
    _ = bytes.withUnsafeBytes { Glibc.write(effects, $0.baseAddress, $0.count) }
  }
}
