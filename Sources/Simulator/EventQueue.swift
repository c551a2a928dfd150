// SPDX-License-Identifier: Apache-2.0
import Time

/// Events by instant, equal ones in their order.
struct EventQueue<Event> {
  private var nodes: [(at: Instant, order: UInt64, event: Event)] = []
  private var lastOrder: UInt64 = 0

  var next: Instant? { nodes.first?.at }

  mutating func add(_ event: Event, at instant: Instant) {
    lastOrder += 1
    nodes.append((instant, lastOrder, event))
    var child = nodes.count - 1
    while child > 0, isEarlier(child, (child - 1) / 2) {
      nodes.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func pop() -> Event? {
    guard let first = nodes.first else { return nil }
    nodes.swapAt(0, nodes.count - 1)
    nodes.removeLast()
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < nodes.count && isEarlier(child, least) {
        least = child
      }
      if least == parent { return first.event }
      nodes.swapAt(parent, least)
      parent = least
    }
  }

  private func isEarlier(_ one: Int, _ other: Int) -> Bool {
    nodes[one].at == nodes[other].at ? nodes[one].order < nodes[other].order : nodes[one].at < nodes[other].at
  }
}
