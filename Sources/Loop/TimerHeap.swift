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
  /// Taken out of the heap and not run yet: those from `dueBegin` on.
  private var due: [Int32] = []
  private var dueBegin = 0
  private var lastOrder: UInt64 = 0

  var count: Int { heap.count + due.count - dueBegin }
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
    guard node.generation == token.generation, node.handler != nil else { return false }
    if let position = node.position {
      removeFromHeap(at: position)
      free(token.slot)
    } else {
      nodes[Int(token.slot)].handler = nil
    }
    return true
  }

  /// Takes those that are due out of the heap, for `popDue`. What their handlers add waits for the next call,
  /// however early its deadline: a timer that is late and adds itself again delays no other.
  mutating func takeDue(_ now: Instant) {
    while let slot = heap.first, nodes[Int(slot)].deadline <= now {
      removeFromHeap(at: 0)
      due.append(slot)
    }
  }

  /// The next of those taken, which the caller runs; its handler may add and cancel timers, one of these too.
  mutating func popDue() -> (name: StaticString, handler: Handler)? {
    while dueBegin < due.count {
      let slot = due[dueBegin]
      dueBegin += 1
      let name = nodes[Int(slot)].name
      let handler = nodes[Int(slot)].handler
      free(slot)
      if let handler { return (name, handler) }
    }
    due.removeAll(keepingCapacity: true)
    dueBegin = 0
    return nil
  }

  private mutating func newSlot() -> Int32 {
    nodes.append(Node())
    return Int32(nodes.count - 1)
  }

  private mutating func removeFromHeap(at position: Int) {
    nodes[Int(heap[position])].position = nil
    let last = heap.removeLast()
    if position < heap.count {
      heap[position] = last
      nodes[Int(last)].position = position
      siftDown(position)
      siftUp(position)
    }
  }

  private mutating func free(_ slot: Int32) {
    nodes[Int(slot)].handler = nil
    nodes[Int(slot)].generation &+= 1
    unused.append(slot)
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
