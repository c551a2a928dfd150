// SPDX-License-Identifier: Apache-2.0

/// How much an event matters to whoever reads the log.
public enum LogLevel: UInt8, Sendable, CaseIterable, Comparable {
  /// For developers; off unless asked for.
  case debug
  /// The normal course of things.
  case info
  /// Normal, and worth knowing later: started, reloaded, a device came back.
  case notice
  /// Something is not as it should be; the program copes.
  case warning
  /// A function of the program is not available.
  case error

  /// The level of that name, or nil.
  public init?(name: String) {
    guard let level = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = level
  }

  public var name: String { "\(self)" }

  /// syslog(3)'s number, as journald's `<N>` prefix has it.
  var priority: Int {
    switch self {
    case .debug: 7
    case .info: 6
    case .notice: 5
    case .warning: 4
    case .error: 3
    }
  }

  public static func < (a: LogLevel, b: LogLevel) -> Bool { a.rawValue < b.rawValue }
}
