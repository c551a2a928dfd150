// SPDX-License-Identifier: Apache-2.0

/// An automation's steps as numbered lists, so that a run's place in them is a few numbers; and what else
/// each start of it would work out again.
struct Program: Sendable {
  /// 0 is the automation's own list; a step's lists have numbers that follow one another.
  private(set) var blocks: [[Step]] = []
  /// Per list and step: the number of its first list.
  private var children: [[Int]] = []
  /// Tells another program; of the steps' texts (FNV-1a).
  let fingerprint: Int64
  /// Some text says the time or the date.
  let saysMoment: Bool
  let isDurable: Bool
  /// `Watch.text` of each.
  let triggers: [String]
  /// Some step waits for a condition that reads the clock.
  private(set) var awaitsClock = false

  init(_ rule: Rule) {
    let text = "\(rule.steps)"
    saysMoment = text[...].place(of: "{time}") != nil || text[...].place(of: "{date}") != nil
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    fingerprint = Int64(bitPattern: hash)
    isDurable = rule.isDurable
    triggers = rule.watches.map(\.text)
    add(rule.steps)
  }

  private mutating func add(_ steps: [Step]) {
    let number = blocks.count
    blocks.append(steps)
    children.append([])
    for step in steps {
      if step.awaitsClock { awaitsClock = true }
      children[number].append(blocks.count)
      for block in step.blocks { add(block) }
    }
  }

  /// The list `index` of a step, as `Step.blocks` has them.
  func block(_ index: Int, of step: Int, in block: Int) -> Int {
    // Lists of lists lie between those of one step.
    var number = children[block][step]
    for other in blocks[block][step].blocks.prefix(index) { number += 1 + Self.count(other) }
    return number
  }

  private static func count(_ steps: [Step]) -> Int {
    steps.reduce(0) { sum, step in step.blocks.reduce(sum) { $0 + 1 + count($1) } }
  }
}

extension Step {
  /// What it waits for can come true by the clock alone.
  var awaitsClock: Bool {
    if case .until(let condition, _) = self { condition.readsClock } else { false }
  }
}
