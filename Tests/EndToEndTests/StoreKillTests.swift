// SPDX-License-Identifier: Apache-2.0
import Glibc
import Loop
import Posix
import Runtime
import Store
import TestSupport
import Testing
import Time

/// A process that stores is killed again and again; what it was promised is there afterwards.
@Suite struct StoreKillTests {
  static let kills = 30
  /// Lines that are waited for before a kill, at most, and microseconds after them.
  static let linesMax = 12
  static let microsecondsMax: Int64 = 6000

  @Test func whatWasAnsweredSurvivesAKillAtAnyTime() async throws {
    let directory = TemporaryDirectory()
    var random = Seed.generator()
    var answered: Set<Int64> = []
    for _ in 0..<Self.kills {
      let lines = Int.random(in: 0...Self.linesMax, using: &random)
      let pause = Int64.random(in: 0...Self.microsecondsMax, using: &random)
      let said = try await onLoop { try await Writer.kill(in: directory.path, after: lines, pause) }
      #expect(said.failure == nil)
      // The checkpoint is at least as new as what was answered.
      if let resumed = said.resumed { #expect(resumed >= answered.max() ?? 0) }
      answered.formUnion(said.answered)
    }
    let reader = try JournalReader.open(StorePaths(directory: directory.path).main)
    var stored: [Int64] = []
    _ = try reader.visit(after: 0) { row in
      row.members["n"]?.integerValue.map { stored.append($0) }
      return true
    }
    #expect(answered.count > Self.kills)
    #expect(answered.subtracting(stored).isEmpty)
    #expect(stored == Array(1...Int64(stored.count)))
    let anchor = try Anchor(path: StorePaths(directory: directory.path).anchor).read()
    let result = try reader.verify(anchor: anchor)
    #expect(result.isGood && result.losses.isEmpty, "\(result.faults)")
  }
}

/// One life of `store-writer`.
@LoopActor private final class Writer {
  struct Said: Sendable {
    var resumed: Int64?
    var answered: [Int64] = []
    var failure: String?
  }

  private var said = Said()
  private var readers: [LineReader] = []
  private var lines = 0
  private var hasEnded = false
  private var change: Waiter<Void>?

  static func kill(in directory: String, after lines: Int, _ pause: Int64) async throws -> Said {
    let writer = Writer()
    return try await writer.run(directory, lines, pause)
  }

  private func run(_ directory: String, _ count: Int, _ pause: Int64) async throws -> Said {
    let loop = LoopActor.shared.loop
    let program = Program(
      [Programs.path("store-writer"), directory], environment: Programs.environment, output: .pipe,
      error: .pipe)
    let child = try Child(program) { [self] _ in
      for reader in readers { reader.finish() }
      readers = []
      hasEnded = true
      change.take()?.resume(returning: ())
    }
    readers = try child.readLines { [self] line in take(line) }
    while lines < count, !hasEnded { try await next(loop) }
    try await loop.sleep(for: .microseconds(pause))
    child.signal(SIGKILL)
    while !hasEnded { try await next(loop) }
    return said
  }

  private func next(_ loop: EventLoop) async throws {
    try await loop.wait(on: "store-writer", until: loop.now + .seconds(30)) { change = $0 }
  }

  private func take(_ line: String) {
    lines += 1
    let words = line.split(separator: " ")
    switch (words.first, words.last.flatMap { Int64($0) }) {
    case ("resumed", let number?): said.resumed = number
    case ("answered", let number?): said.answered.append(number)
    default: said.failure = line
    }
    change.take()?.resume(returning: ())
  }
}
