// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Raw 16 kHz mono S16 samples, and the items in them from the index beside: `FIRST COUNT TEXT`
/// a line in FILE.idx, where the text is what is said there.
struct Recording {
  struct Item {
    let range: Range<Int>
    let text: String
  }

  let samples: UnsafeBufferPointer<Int16>
  let items: [Item]

  /// The memory lives as long as the program.
  init(_ path: String) throws {
    samples = try Self.load(path).bindMemory(to: Int16.self)
    let index = String(decoding: try Self.load(path.dropLast(3) + "idx"), as: UTF8.self)
    items = try index.split(separator: "\n").map { line in
      let parts = line.split(separator: " ", maxSplits: 2)
      guard parts.count == 3, let first = Int(parts[0]), let count = Int(parts[1]) else {
        throw Failure("\(path): bad line in the index: \(line)")
      }
      return Item(range: first..<first + count, text: String(parts[2]))
    }
  }

  /// 20 ms frames of a part; the last may be shorter.
  func frames(_ range: Range<Int>) -> some Sequence<UnsafeBufferPointer<Int16>> {
    stride(from: range.lowerBound, to: range.upperBound, by: 320).lazy.map {
      UnsafeBufferPointer(rebasing: samples[$0..<min($0 + 320, range.upperBound)])
    }
  }

  static func load(_ path: some StringProtocol) throws -> UnsafeRawBufferPointer {
    guard let file = fopen(String(path), "r") else { throw Failure("cannot open \(path)") }
    defer { fclose(file) }
    fseek(file, 0, SEEK_END)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: ftell(file), alignment: 8)
    rewind(file)
    guard fread(buffer.baseAddress!, 1, buffer.count, file) == buffer.count else {
      throw Failure("cannot read \(path)")
    }
    return UnsafeRawBufferPointer(buffer)
  }
}
