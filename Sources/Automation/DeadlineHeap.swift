// SPDX-License-Identifier: Apache-2.0
import Time

/// Instants to come, the earliest first. Nothing is taken out but at the top: whoever finds an entry that
/// does not hold any more drops it.
struct DeadlineHeap<Key: Sendable>: Sendable {
  private var entries: [(at: Instant, key: Key)] = []

  var first: (at: Instant, key: Key)? { entries.first }
  var count: Int { entries.count }

  mutating func add(_ key: Key, at instant: Instant) {
    entries.append((instant, key))
    var index = entries.count - 1
    while index > 0, entries[index].at < entries[(index - 1) / 2].at {
      entries.swapAt(index, (index - 1) / 2)
      index = (index - 1) / 2
    }
  }

  mutating func removeFirst() {
    entries.swapAt(0, entries.count - 1)
    entries.removeLast()
    var index = 0
    while true {
      var least = index
      for child in [2 * index + 1, 2 * index + 2] where child < entries.count {
        if entries[child].at < entries[least].at { least = child }
      }
      if least == index { return }
      entries.swapAt(index, least)
      index = least
    }
  }

  mutating func removeAll() { entries.removeAll() }
}
