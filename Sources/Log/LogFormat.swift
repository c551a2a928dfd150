// SPDX-License-Identifier: Apache-2.0
internal import CLinux
import Glibc

/// How a line looks, by who reads it.
enum LogFormat: Equatable {
  /// journald: it knows the time and takes the priority from `<N>`.
  case journal
  /// A person: local time, level, module, message in columns.
  case terminal(colour: Bool)
  /// A file or a pipe: UTC time first.
  case plain

  /// Bytes of a line at most, its end included: one pipe write of this size is never interleaved
  /// with another's (PIPE_BUF). What is longer is cut and ends in `…`.
  static let lineBytesMax = 4096

  /// The line for `event`, newline included.
  func line(_ event: LogEvent, at time: timespec) -> [UInt8] {
    var bytes = Array("\(prefix(event, time))\(event.escapedMessage)\(suffix(event))".utf8)
    if bytes.count >= Self.lineBytesMax {
      let end = Array("…\(suffix(event))".utf8)
      var length = Self.lineBytesMax - 1 - end.count
      while bytes[length] & 0xc0 == 0x80 { length -= 1 }
      bytes.replaceSubrange(length..., with: end)
    }
    bytes.append(UInt8(ascii: "\n"))
    return bytes
  }

  private func prefix(_ event: LogEvent, _ time: timespec) -> String {
    switch self {
    case .journal: "<\(event.level.priority)>\(event.module): "
    case .plain: "\(Self.utc(time)) \(event.level.name) \(event.module): "
    case .terminal(let colour):
      "\(Self.local(time)) \(colour ? event.level.colour : "")\(Self.pad(event.level.name, 7)) "
        + "\(Self.pad(event.module, 10)) "
    }
  }

  private func suffix(_ event: LogEvent) -> String {
    self == .terminal(colour: true) && !event.level.colour.isEmpty ? "\u{1b}[0m" : ""
  }

  /// `2026-01-31T23:59:59.123Z`.
  private static func utc(_ time: timespec) -> String {
    var parts = tm()
    var seconds = time.tv_sec
    gmtime_r(&seconds, &parts)
    let date = "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
    return "\(date)T\(clock(parts, time))Z"
  }

  /// `23:59:59.123`.
  private static func local(_ time: timespec) -> String {
    var parts = tm()
    var seconds = time.tv_sec
    localtime_r(&seconds, &parts)
    return clock(parts, time)
  }

  private static func clock(_ parts: tm, _ time: timespec) -> String {
    let milliseconds = time.tv_nsec / 1_000_000
    let fraction = (milliseconds < 10 ? "00" : milliseconds < 100 ? "0" : "") + "\(milliseconds)"
    return "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)).\(fraction)"
  }

  private static func two(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }

  private static func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.utf8.count))
  }
}

extension LogLevel {
  fileprivate var colour: String {
    switch self {
    case .debug: "\u{1b}[2m"
    case .info: ""
    case .notice: "\u{1b}[1m"
    case .warning: "\u{1b}[33m"
    case .error: "\u{1b}[31m"
    }
  }
}
