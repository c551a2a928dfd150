// SPDX-License-Identifier: Apache-2.0

/// Cuts a stream of bytes into lines, for what a child process writes. Pure.
public struct LineSplitter: Sendable {
  /// Bytes of a line at most; a longer one comes in pieces of this size.
  public let lineBytesMax: Int
  private var rest: [UInt8] = []
  private var wasCut = false

  public init(lineBytesMax: Int = 2048) { self.lineBytesMax = lineBytesMax }

  /// Adds what was read and calls `line` with each line that is complete, without its end.
  public mutating func append(_ bytes: UnsafeRawBufferPointer, _ line: (String) -> Void) {
    for byte in bytes {
      if byte == UInt8(ascii: "\n") {
        // The end of a line that was just given out in full is not an empty line more.
        if !(wasCut && rest.isEmpty) { emit(line) }
        wasCut = false
      } else {
        rest.append(byte)
        if rest.count == lineBytesMax {
          emit(line)
          wasCut = true
        }
      }
    }
  }

  /// The stream has ended: a last line without its end is a line too.
  public mutating func finish(_ line: (String) -> Void) {
    if !rest.isEmpty { emit(line) }
  }

  private mutating func emit(_ line: (String) -> Void) {
    if rest.last == UInt8(ascii: "\r") { rest.removeLast() }
    line(String(decoding: rest, as: UTF8.self))
    rest.removeAll(keepingCapacity: true)
  }
}
