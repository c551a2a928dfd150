// SPDX-License-Identifier: Apache-2.0
import Time

/// What was promised, what was broken, and the figures.
struct Census {
  /// An outcome, or the end of a call, comes this long after its deadline at the latest.
  static let latenessMax = Duration.milliseconds(50)
  static let stallMax = Duration.milliseconds(20)
  /// Told one by one; the rest is counted.
  static let toldMax = 20

  var faults = 0
  /// Calls by manner.
  var calls: [String: Int] = [:]
  var events: [String: Int] = [:]
  var outcomes: [String: Int] = [:]
  var intents = 0
  var openCalls = 0
  private(set) var brokenCount = 0
  private(set) var broken: [String] = []
  private(set) var latest = (by: Duration.zero, what: "none")
  private(set) var stall = (of: Duration.zero, what: "none")
  /// Later than allowed, but the processor was withheld from us meanwhile.
  private(set) var starved = 0
  private(set) var longestStarvation = Duration.zero

  mutating func check(_ holds: Bool, _ promise: @autoclosure () -> String) {
    if holds { return }
    brokenCount += 1
    if broken.count < Self.toldMax { broken.append(promise()) }
  }

  /// Something that had to happen by a deadline.
  /// - Parameter starvation: how long the machine kept us from running meanwhile.
  mutating func ended(_ what: @autoclosure () -> String, late: Duration, starvation: Duration) {
    let ours = late - starvation
    if ours > latest.by { latest = (ours, what()) }
    if late > Self.latenessMax { longestStarvation = max(longestStarvation, starvation) }
    if late > Self.latenessMax, ours <= Self.latenessMax { starved += 1 }
    check(ours <= Self.latenessMax, "\(what()): \(ours.rounded) ms after its deadline")
  }

  /// A handler that held the loop.
  mutating func stalled(_ what: String, _ held: Duration, starvation: Duration) {
    let ours = held - starvation
    if ours > stall.of { stall = (ours, what) }
    if held > Self.stallMax, ours <= Self.stallMax { starved += 1 }
    check(ours <= Self.stallMax, "'\(what)' held the loop for \(ours.rounded) ms")
  }
}

extension Duration {
  /// Milliseconds with one decimal.
  var rounded: Double { (milliseconds * 10).rounded() / 10 }
}
