// SPDX-License-Identifier: Apache-2.0
import Time

/// Names a timer; useless once it has fired or been cancelled.
public struct TimerToken: Sendable, Hashable {
  let slot: Int32
  let generation: UInt32
}

/// Timers by deadline, equal ones in the order they were added: a binary heap of slots, so that
/// cancelling costs O(log n) and nothing is allocated once as many timers have existed at the same
/// time before.
struct TimerHeap {
  typealias Handler = @LoopActor () -> Void

  private var nodes: [Node] = []
  private var unused: [Int32] = []
  private var heap: [Int32] = []
  /// Counts the timers ever added.
  private(set) var lastOrder: UInt64 = 0

  var count: Int { heap.count }
  var next: Instant? { heap.first.map { nodes[Int($0)].deadline } }

  mutating func add(_ deadline: Instant, _ name: StaticString, _ handler: @escaping Handler) -> TimerToken {
    let slot = unused.popLast() ?? newSlot()
    lastOrder += 1
    nodes[Int(slot)].deadline = deadline
    nodes[Int(slot)].order = lastOrder
    nodes[Int(slot)].name = name
    nodes[Int(slot)].handler = handler
    nodes[Int(slot)].position = heap.count
    heap.append(slot)
    siftUp(heap.count - 1)
    return TimerToken(slot: slot, generation: nodes[Int(slot)].generation)
  }

  mutating func cancel(_ token: TimerToken) -> Bool {
    let node = nodes[Int(token.slot)]
    guard node.generation == token.generation, let position = node.position else { return false }
    _ = remove(at: position)
    return true
  }

  /// Takes out one timer that is due and was not added after `order`. The caller runs it: a handler
  /// may add and cancel timers.
  mutating func popDue(_ now: Instant, upTo order: UInt64) -> (name: StaticString, handler: Handler)? {
    guard let first = heap.first else { return nil }
    let node = nodes[Int(first)]
    guard node.deadline <= now, node.order <= order else { return nil }
    return remove(at: 0)
  }

  private mutating func newSlot() -> Int32 {
    nodes.append(Node())
    return Int32(nodes.count - 1)
  }

  private mutating func remove(at position: Int) -> (StaticString, Handler)? {
    let slot = heap[position]
    let last = heap.removeLast()
    if position < heap.count {
      heap[position] = last
      nodes[Int(last)].position = position
      siftDown(position)
      siftUp(position)
    }
    let handler = nodes[Int(slot)].handler.take()
    nodes[Int(slot)].position = nil
    nodes[Int(slot)].generation &+= 1
    unused.append(slot)
    return handler.map { (nodes[Int(slot)].name, $0) }
  }

  private func isEarlier(_ a: Int, _ b: Int) -> Bool {
    let (a, b) = (nodes[Int(heap[a])], nodes[Int(heap[b])])
    return a.deadline == b.deadline ? a.order < b.order : a.deadline < b.deadline
  }

  private mutating func swap(_ a: Int, _ b: Int) {
    heap.swapAt(a, b)
    nodes[Int(heap[a])].position = a
    nodes[Int(heap[b])].position = b
  }

  private mutating func siftUp(_ start: Int) {
    var child = start
    while child > 0, isEarlier(child, (child - 1) / 2) {
      swap(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  private mutating func siftDown(_ start: Int) {
    var parent = start
    while true {
      var first = parent
      let left = 2 * parent + 1
      if left < heap.count, isEarlier(left, first) { first = left }
      if left + 1 < heap.count, isEarlier(left + 1, first) { first = left + 1 }
      if first == parent { return }
      swap(parent, first)
      parent = first
    }
  }

  private struct Node {
    var deadline = Instant.zero
    var order: UInt64 = 0
    var name: StaticString = ""
    var generation: UInt32 = 0
    var position: Int?
    var handler: Handler?
  }
}
