// SPDX-License-Identifier: Apache-2.0
import Speech
import TestSupport
import Testing

@Suite struct AudioRingTests {
  @Test func aRingGivesWhatAPlainArrayOfTheSameAudioGives() {
    var random = Seed.generator()
    for capacity in [1, 7, 320, 1000] {
      var ring = AudioRing(capacity: capacity, startingAt: 5)
      var model: [SamplePosition: Int16] = [:]
      for _ in 0..<200 {
        if Int.random(in: 0..<20, using: &random) == 0 {
          ring.skip(Int.random(in: 0..<500, using: &random))
          model = [:]
        }
        let samples = (0..<Int.random(in: 0..<700, using: &random)).map { _ in
          Int16.random(in: .min ... .max, using: &random)
        }
        for (offset, sample) in samples.enumerated() { model[ring.end + Int64(offset)] = sample }
        samples.withUnsafeBufferPointer { ring.append($0) }
        let kept = model.filter { $0.key >= ring.end - Int64(capacity) }
        #expect(ring.available.count == kept.count)
        let start = ring.end + Int64.random(in: -1200...50, using: &random)
        let asked = start..<(start + Int64.random(in: 0..<900, using: &random))
        #expect(read(ring, asked) == asked.compactMap { kept[$0] })
      }
    }
  }

  @Test func whatIsGoneIsSaidByTheRangeDelivered() {
    var ring = AudioRing(capacity: 100)
    let samples = (0..<250).map { Int16($0) }
    samples.withUnsafeBufferPointer { ring.append($0) }
    #expect(ring.visit(100..<200) { _ in } == 150..<200)
    #expect(ring.visit(0..<150) { _ in }.isEmpty)
    #expect(ring.visit(240..<300) { _ in } == 240..<250)
    var short = [Int16](repeating: 0, count: 10)
    let copied = short.withUnsafeMutableBufferPointer { ring.copy(0..<250, into: $0) }
    #expect(copied == 150..<160)
    #expect(short == (150..<160).map { Int16($0) })
    let none = ring.copy(160..<170, into: UnsafeMutableBufferPointer(start: nil, count: 0))
    #expect(none.isEmpty)
  }

  private func read(_ ring: borrowing AudioRing, _ range: Range<SamplePosition>) -> [Int16] {
    var buffer = [Int16](repeating: 0, count: range.count)
    let copied = buffer.withUnsafeMutableBufferPointer { ring.copy(range, into: $0) }
    var visited: [Int16] = []
    let seen = ring.visit(range) { visited += $0 }
    #expect(seen.count == visited.count && seen == copied)
    #expect(visited == Array(buffer.prefix(copied.count)))
    return visited
  }
}
