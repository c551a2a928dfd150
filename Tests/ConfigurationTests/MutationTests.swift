// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing
import Time

@testable import Configuration

/// Damaged files: whatever is read, every problem has a place in the file and nothing traps.
@Suite struct MutationTests {
  @Test func noDamageToTheSampleTrapsTheReader() {
    var generator = Seed.generator()
    let reader = ConfigurationReader(boards: BoardCatalog(directories: []))
    let sample = Array(ConfigurationTexts.sample.utf8)
    for _ in 0..<300 {
      var bytes = sample
      for _ in 0..<Int.random(in: 1...4, using: &generator) { mutate(&bytes, &generator) }
      let lineCount = bytes.reduce(1) { $0 + ($1 == UInt8(ascii: "\n") ? 1 : 0) }
      do throws(ConfigurationProblems) {
        _ = try reader.read(bytes: bytes, name: "f", board: nil)
      } catch {
        #expect(!error.problems.isEmpty)
        #expect(error.problems.allSatisfy { $0.mark.map { (1...lineCount + 1).contains($0.line) } ?? true })
      }
    }
  }

  private func mutate(_ bytes: inout [UInt8], _ generator: inout SeededGenerator) {
    let place = Int.random(in: 0..<max(1, bytes.count), using: &generator)
    let pieces = [
      "\t", "{", "}", "[", "]", ":", "- ", "\"", "'", "&a", "*a", "!!x", "|\n", "\n", "  ", "#", "{light}",
      "é", "\0", "99999999999999999999ms", "..", "%", "---\n",
    ]
    switch Int.random(in: 0..<4, using: &generator) {
    case 0 where !bytes.isEmpty: bytes[place] = UInt8.random(in: 0...255, using: &generator)
    case 1:
      let end = min(bytes.count, place + Int.random(in: 1...40, using: &generator))
      bytes.removeSubrange(min(place, end)..<end)
    case 2:
      let from = Int.random(in: 0..<max(1, bytes.count), using: &generator)
      bytes.insert(contentsOf: bytes[from..<min(bytes.count, from + 60)], at: min(place, bytes.count))
    default:
      let piece = pieces[Int.random(in: 0..<pieces.count, using: &generator)]
      bytes.insert(contentsOf: Array(piece.utf8), at: min(place, bytes.count))
    }
  }
}
