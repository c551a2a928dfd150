// SPDX-License-Identifier: Apache-2.0
import Loop
import Time

/// What a campaign says in the end.
@LoopActor struct Report {
  private let census: Census
  private let bystander: Bystander
  private let resources: [Resources]
  private let options: Options

  init(_ census: Census, _ bystander: Bystander, _ resources: [Resources], _ options: Options) {
    self.census = census
    self.bystander = bystander
    self.resources = resources
    self.options = options
  }

  /// True when every promise was kept.
  func write() -> Bool {
    let without = Bystander.p99(bystander.undisturbed.all.map(\.ours))
    let beside = Bystander.p99(bystander.disturbed.all.map(\.ours))
    let ratio = (beside / max(without, 0.001) * 100).rounded() / 100
    let isDisturbed = ratio > Bystander.ratioMax
    say("seed \(options.seed): \(census.faults) faults, \(census.intents) intents: \(list(census.outcomes))")
    say("calls: \(list(census.calls))")
    say("events: \(list(census.events))")
    say("latest end: \(census.latest.by.rounded) ms after its deadline (\(census.latest.what)); 50 allowed")
    say(
      "longest hold of the loop over 20 ms: \(census.stall.of.rounded) ms (\(census.stall.what)); 20 allowed")
    if census.starved > 0 {
      say(
        "the machine did not run us for up to \(census.longestStarvation.rounded) ms: "
          + "\(census.starved) times too late, but not by our doing")
    }
    let descriptors = resources.map { String($0.descriptors.values.reduce(0, +)) }
    say("descriptors after each turn: \(list(descriptors)); KiB of the heap: \(list(heap))")
    say("processes after each turn: \(list(resources.map { String($0.processes) }))")
    let whole = [bystander.disturbed, bystander.undisturbed].map { Bystander.p99($0.all.map(\.whole)) }
    say(
      "undisturbed realm: p99 \(rounded(beside)) ms beside faults, \(rounded(without)) ms without: ratio \(ratio); "
        + "\(Bystander.ratioMax) allowed")
    say(
      "  of \(bystander.disturbed.all.count) and \(bystander.undisturbed.all.count) intents; with the time spent waiting "
        + "for a processor \(rounded(whole[0])) and \(rounded(whole[1])) ms")
    if options.far == nil { say("left out, no network of our own: \(list(Manner.network.map(\.name)))") }
    for text in census.broken { say("BROKEN: \(text)") }
    if isDisturbed { say("BROKEN: the undisturbed realm was disturbed") }
    let count = census.brokenCount + (isDisturbed ? 1 : 0)
    say(count == 0 ? "every promise was kept" : "\(count) BROKEN")
    return count == 0
  }

  private func rounded(_ value: Double) -> Double { (value * 10).rounded() / 10 }
  private var heap: [String] { resources.map { String($0.heapBytes >> 10) } }
  private func list(_ names: [String]) -> String { names.joined(separator: ", ") }
  private func list(_ counts: [String: Int]) -> String {
    counts.sorted { $0.value > $1.value }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
  }
}
