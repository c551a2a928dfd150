// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Raw 16 kHz mono S16 samples, and the items in them from the index beside: `FIRST COUNT LABEL`
/// a line in FILE.idx.
struct Recording {
  let samples: UnsafeBufferPointer<Int16>
  let items: [Range<Int>]

  /// The memory lives as long as the program.
  init(_ path: String) throws {
    samples = try Self.load(path).bindMemory(to: Int16.self)
    let index = String(decoding: try Self.load(path.dropLast(3) + "idx"), as: UTF8.self)
    items = index.split(separator: "\n").map { line in
      let numbers = line.split(separator: " ", maxSplits: 2).prefix(2).map { Int($0) ?? 0 }
      return numbers[0]..<numbers[0] + numbers[1]
    }
  }

  /// 20 ms frames of a part; the last may be shorter.
  func frames(_ range: Range<Int>) -> some Sequence<UnsafeBufferPointer<Int16>> {
    stride(from: range.lowerBound, to: range.upperBound, by: 320).lazy.map {
      UnsafeBufferPointer(rebasing: samples[$0..<min($0 + 320, range.upperBound)])
    }
  }

  private static func load(_ path: String) throws -> UnsafeRawBufferPointer {
    guard let file = fopen(path, "r") else { throw Failure("cannot open \(path)") }
    defer { fclose(file) }
    fseek(file, 0, SEEK_END)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: ftell(file), alignment: 8)
    rewind(file)
    guard fread(buffer.baseAddress, 1, buffer.count, file) == buffer.count else {
      throw Failure("cannot read \(path)")
    }
    return UnsafeRawBufferPointer(buffer)
  }
}
