// SPDX-License-Identifier: Apache-2.0
import Time

/// Writes a world's events as lines, each at once, so that none is lost in a crash; and sums them up in
/// a number that is the same for the same lines.
struct Trace {
  private(set) var lines: UInt64 = 0
  /// FNV-1a, 64 bits, of every byte so far.
  private(set) var hash: UInt64 = 0xcbf2_9ce4_8422_2325
  private let descriptor: Int32
  private let start: Instant

  init(descriptor: Int32, start: Instant) {
    self.descriptor = descriptor
    self.start = start
  }

  mutating func write(_ text: String, at now: Instant) {
    lines += 1
    let line = "\(Self.time(now - start)) \(text)\n"
    for byte in line.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    Console.write(line, to: descriptor)
  }

  /// `hours:minutes:seconds` with microseconds.
  static func time(_ duration: Duration) -> String {
    let microseconds = max(0, duration.nanoseconds / 1000)
    let (seconds, rest) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
    let parts = [seconds / 3600, seconds / 60 % 60, seconds % 60].map { padded($0, 2) }
    return "\(parts.joined(separator: ":")).\(padded(rest, 6))"
  }

  private static func padded(_ number: Int64, _ width: Int) -> String {
    let digits = "\(number)"
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
