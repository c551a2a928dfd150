// SPDX-License-Identifier: Apache-2.0
import Glibc
import Loop
import Posix
import Time

/// Many worlds, each in a process of its own: one that crashes or hangs fails alone, and a seed plays the
/// same by itself as among others.
@LoopActor public final class Campaign {
  /// Lines shown of a world that failed.
  nonisolated static let linesShown = 50
  /// A world whose process has not ended by then, in real time, hangs.
  nonisolated static let realTimeMax: Duration = .seconds(300)

  private let options: SimulatorOptions
  private let loop = LoopActor.shared.loop
  private let started = LoopActor.shared.loop.now
  private var waiting: [UInt64]
  private var running = 0
  private var played = 0
  private var total = WorldSummary()
  private var failures: [String] = []
  private var done: Waiter<Void>?

  public init(_ options: SimulatorOptions) {
    self.options = options
    waiting = options.seeds.reversed()
  }

  /// Plays all seeds; true when every invariant held in every world, and each had something to judge.
  public func run() async throws -> Bool {
    try await loop.wait(on: "the worlds") { (waiter: Waiter<Void>) in
      done = waiter
      for _ in 0..<min(options.jobs, waiting.count) { startNext() }
    }
    return report()
  }

  private func startNext() {
    guard let seed = waiting.popLast() else {
      if running == 0 { done?.resume(returning: ()) }
      return
    }
    running += 1
    let world = WorldProcess(seed, options) { [unowned self] in ended(seed, $0) }
    world.start()
  }

  private func ended(_ seed: UInt64, _ result: WorldProcess.Result) {
    running -= 1
    played += 1
    switch result {
    case .success(let summary): total.add(summary)
    case .failure(let failure):
      let text = """
        seed \(seed): \(failure.reason)
          again: make sim SEED=\(seed) HOURS=\(options.hours)
          the last \(failure.lines.count) events (all: with TRACE=1):
        \(failure.lines.map { "    \($0)" }.joined(separator: "\n"))
        """
      failures.append(text)
      say("\(isTerminal ? "\r" : "")\(text)\n")
    }
    progress()
    startNext()
  }

  // MARK: Telling

  private let isTerminal = isatty(STDOUT_FILENO) == 1

  private func progress() {
    let count = options.seeds.count
    let text = "sim: \(played) of \(count) worlds, \(total.hours) simulated hours, \(failures.count) failed"
    if isTerminal {
      say("\r\(text)\(played == count ? "\n" : "")")
    } else if played * 4 / count > (played - 1) * 4 / count {
      say("\(text)\n")
    }
  }

  private func report() -> Bool {
    let seconds = Double((loop.now - started).nanoseconds) / 1e9
    let idle = Invariants.all.map { $0.name }.filter { total.checks[$0, default: 0] == 0 }
    say("\n  invariant    judged\n")
    for invariant in Invariants.all {
      let name = invariant.name
      let pad = String(repeating: " ", count: max(1, 13 - name.count))
      say("  \(name)\(pad)\(grouped(total.checks[name, default: 0]))\n")
    }
    if !idle.isEmpty, failures.isEmpty {
      say("sim: nothing was judged by: \(idle.joined(separator: ", ")). Play longer (HOURS=…).\n")
    }
    let rate = seconds > 0 ? Double(total.milliseconds) / 1000 / seconds : 0
    say(
      """

      sim: \(played) worlds, \(total.hours) simulated hours, \(grouped(total.events)) events in \
      \(Int(seconds.rounded())) s (\(grouped(Int(rate))) × real time): \
      \(failures.isEmpty ? "every invariant held" : "\(failures.count) FAILED")

      """)
    return failures.isEmpty && idle.isEmpty
  }

  private func say(_ text: String) { Console.write(text) }

  private func grouped(_ number: Int) -> String {
    let digits = Array("\(number)")
    return String(
      digits.enumerated().flatMap { index, digit in
        index > 0 && (digits.count - index) % 3 == 0 ? [",", digit] : [digit]
      })
  }
}

/// The last line of a world that went well, and the sum of several.
struct WorldSummary: Sendable, Equatable {
  var milliseconds = 0
  var events = 0
  /// By the invariant's name, how often it judged.
  var checks: [String: Int] = [:]

  var hours: String {
    let tenths = milliseconds / 360_000
    return "\(tenths / 10).\(tenths % 10)"
  }

  init() {}

  /// Nil for any other line.
  init?(_ line: String) {
    guard line.hasPrefix("end ") else { return nil }
    var fields: [Substring: Substring] = [:]
    for word in line.split(separator: " ").dropFirst() {
      let parts = word.split(separator: "=", maxSplits: 1)
      if parts.count == 2 { fields[parts[0]] = parts[1] }
    }
    guard let milliseconds = fields["ms"].flatMap({ Int($0) }),
      let events = fields["events"].flatMap({ Int($0) })
    else { return nil }
    self.milliseconds = milliseconds
    self.events = events
    for check in fields["checks", default: ""].split(separator: ",") {
      let parts = check.split(separator: "=")
      if parts.count == 2 { checks[String(parts[0])] = Int(parts[1]) }
    }
  }

  mutating func add(_ other: WorldSummary) {
    milliseconds += other.milliseconds
    events += other.events
    checks.merge(other.checks, uniquingKeysWith: +)
  }
}
