// SPDX-License-Identifier: Apache-2.0

/// A priority queue of slots (indices into somebody's table), smallest key first; each slot at most once.
///
/// A 4-ary heap with the keys inline: O(log n) to add, move and take out, and short paths through
/// memory. Where a slot stands is written into `Places`, which heaps may share whose slots are
/// disjoint, so that a thousand small heaps do not need a thousand tables.
struct SlotHeap<Key: Comparable & Sendable>: Sendable {
  typealias Slot = Int32
  /// Position in its heap by slot; -1: in none.
  typealias Places = [Int32]

  private struct Node {
    var key: Key
    var slot: Slot
  }

  private var nodes: [Node] = []

  var count: Int { nodes.count }
  var isEmpty: Bool { nodes.isEmpty }
  var first: Slot? { nodes.first?.slot }
  var firstKey: Key? { nodes.first?.key }
  var capacity: Int { nodes.capacity }

  /// The slot at a position, in no order but that the first is the smallest.
  subscript(position: Int) -> (slot: Slot, key: Key) { (nodes[position].slot, nodes[position].key) }

  func contains(_ slot: Slot, _ places: Places) -> Bool {
    Int(slot) < places.count && places[Int(slot)] >= 0
  }

  mutating func insert(_ slot: Slot, _ key: Key, _ places: inout Places) {
    while places.count <= Int(slot) { places.append(-1) }
    nodes.append(Node(key: key, slot: slot))
    siftUp(nodes.count - 1, &places)
  }

  /// Gives a slot that is in the heap another key.
  mutating func update(_ slot: Slot, _ key: Key, _ places: inout Places) {
    let position = Int(places[Int(slot)])
    let wasSmaller = nodes[position].key < key
    nodes[position].key = key
    if wasSmaller { siftDown(position, &places) } else { siftUp(position, &places) }
  }

  /// Takes out a slot that is in the heap.
  mutating func remove(_ slot: Slot, _ places: inout Places) {
    let position = Int(places[Int(slot)])
    places[Int(slot)] = -1
    let last = nodes.removeLast()
    guard position < nodes.count else { return }
    let isLarger = nodes[position].key < last.key
    nodes[position] = last
    if isLarger { siftDown(position, &places) } else { siftUp(position, &places) }
  }

  @discardableResult mutating func popFirst(_ places: inout Places) -> Slot? {
    guard let slot = first else { return nil }
    remove(slot, &places)
    return slot
  }

  /// Forgets what is in it, and large tables too.
  mutating func removeAll(_ places: inout Places) {
    for node in nodes { places[Int(node.slot)] = -1 }
    nodes.removeAll(keepingCapacity: nodes.capacity <= 64)
  }

  private mutating func siftUp(_ start: Int, _ places: inout Places) {
    let node = nodes[start]
    var child = start
    while child > 0 {
      let parent = (child - 1) / 4
      guard node.key < nodes[parent].key else { break }
      nodes[child] = nodes[parent]
      places[Int(nodes[child].slot)] = Int32(child)
      child = parent
    }
    nodes[child] = node
    places[Int(node.slot)] = Int32(child)
  }

  private mutating func siftDown(_ start: Int, _ places: inout Places) {
    let node = nodes[start]
    var parent = start
    while true {
      let left = 4 * parent + 1
      if left >= nodes.count { break }
      var smallest = left
      for child in left + 1..<max(left + 1, min(left + 4, nodes.count))
      where nodes[child].key < nodes[smallest].key { smallest = child }
      guard nodes[smallest].key < node.key else { break }
      nodes[parent] = nodes[smallest]
      places[Int(nodes[parent].slot)] = Int32(parent)
      parent = smallest
    }
    nodes[parent] = node
    places[Int(node.slot)] = Int32(parent)
  }
}

/// Earlier deadlines first, equal ones in the order they came.
struct DeadlineKey: Comparable, Sendable {
  var nanoseconds: UInt64
  var order: UInt32

  static func < (lhs: Self, rhs: Self) -> Bool {
    lhs.nanoseconds == rhs.nanoseconds
      ? Int32(bitPattern: lhs.order &- rhs.order) < 0 : lhs.nanoseconds < rhs.nanoseconds
  }
}
