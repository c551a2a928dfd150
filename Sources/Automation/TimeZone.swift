// SPDX-License-Identifier: Apache-2.0

/// How far the clocks of a place are ahead of UTC, and when that changes: the content of a file of
/// `/usr/share/zoneinfo` (TZif, RFC 9636), or UTC.
public struct TimeZone: Sendable, Equatable {
  public static let bytesMax = 256 << 10
  public static let utc = TimeZone()

  /// Ascending instants from which on an offset holds.
  private var changes: [Int64] = []
  private var offsets: [Int] = []
  /// Before the first change.
  private var first = 0
  /// After the last change; nil: nothing changes any more.
  private var rule: ZoneRule?

  private init() {}

  /// - Returns: nil for bytes that are not such a file.
  public init?(_ bytes: [UInt8]) {
    guard bytes.count <= Self.bytesMax, let one = Header(bytes, at: 0) else { return nil }
    var header = one
    // The second part of newer files has 64-bit times.
    if one.version >= 0x32 {
      guard let two = Header(bytes, at: one.end(timeBytes: 4)) else { return nil }
      header = two
    }
    let width = one.version >= 0x32 ? 8 : 4
    let end = header.end(timeBytes: width)
    guard end <= bytes.count, header.types > 0 else { return nil }
    let kinds = header.start + header.times * width
    let table = kinds + header.times
    let types = (0..<header.types).map {
      Int(Int32(truncatingIfNeeded: Self.number(bytes, table + $0 * 6, 4)))
    }
    guard types.allSatisfy({ abs($0) < 26 * 3600 }) else { return nil }
    for index in 0..<header.times {
      let kind = Int(bytes[kinds + index])
      let time = Self.number(bytes, header.start + index * width, width)
      guard kind < types.count, time > changes.last ?? .min else { return nil }
      changes.append(time)
      offsets.append(types[kind])
    }
    first = types[0]
    if width == 8, let text = Self.footer(bytes, at: end), !text.isEmpty {
      guard let rule = ZoneRule(text) else { return nil }
      self.rule = rule
    }
  }

  /// A zone as the variable TZ of POSIX writes it: `CET-1CEST,M3.5.0,M10.5.0/3`.
  public init?(rule text: String) {
    guard let rule = ZoneRule(text) else { return nil }
    self.rule = rule
  }

  /// Seconds east of Greenwich at an instant.
  public func offset(at seconds: Int64) -> Int {
    guard let last = changes.last, seconds < last else {
      return rule?.offset(at: seconds) ?? offsets.last ?? first
    }
    var (low, high) = (0, changes.count)
    while low < high {
      let middle = (low + high) / 2
      if changes[middle] <= seconds { low = middle + 1 } else { high = middle }
    }
    return low == 0 ? first : offsets[low - 1]
  }

  public func civil(at seconds: Int64) -> CivilTime { CivilTime(seconds, offset: offset(at: seconds)) }

  /// The next change of the offset, at most `limit` away.
  public func change(after seconds: Int64, limit: Int64) -> Int64? {
    if let index = changes.firstIndex(where: { $0 > seconds }) {
      return changes[index] - seconds <= limit ? changes[index] : nil
    }
    guard let next = rule?.change(after: seconds) else { return nil }
    return next - seconds <= limit ? next : nil
  }

  private static func number(_ bytes: [UInt8], _ start: Int, _ count: Int) -> Int64 {
    let whole = bytes[start..<start + count].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return count == 8 ? Int64(bitPattern: whole) : Int64(Int32(truncatingIfNeeded: whole))
  }

  /// Between two line feeds.
  private static func footer(_ bytes: [UInt8], at start: Int) -> String? {
    guard start < bytes.count, bytes[start] == 0x0A else { return nil }
    let rest = bytes[(start + 1)...]
    return rest.firstIndex(of: 0x0A).map { String(decoding: rest[..<$0], as: UTF8.self) }
  }

  private struct Header {
    let version: UInt8
    let start: Int
    let times: Int
    let types: Int
    private let rest: (characters: Int, leaps: Int, standard: Int, utc: Int)

    init?(_ bytes: [UInt8], at offset: Int) {
      guard bytes.count >= offset + 44, bytes[offset..<offset + 4].elementsEqual("TZif".utf8) else {
        return nil
      }
      let counts = (0..<6).map { Int(TimeZone.number(bytes, offset + 20 + $0 * 4, 4)) }
      guard counts.allSatisfy({ (0...65_536).contains($0) }) else { return nil }
      version = bytes[offset + 4]
      start = offset + 44
      times = counts[3]
      types = counts[4]
      rest = (counts[5], counts[2], counts[1], counts[0])
    }

    func end(timeBytes: Int) -> Int {
      start + times * (timeBytes + 1) + types * 6 + rest.characters + rest.leaps * (timeBytes + 4)
        + rest.standard + rest.utc
    }
  }
}
