// SPDX-License-Identifier: Apache-2.0
internal import CLinux
import Posix
import Synchronization
import Time

/// The log of the whole process: levels, where lines go. Any thread, at any time.
public enum Logging {
  private static let levels = Locked(Levels())
  private static let repetition = Locked(RepetitionGuard())
  private static let standard = LogWriter.standardError()
  private static let sink = Locked<@Sendable (LogEvent) -> Void>(standard.write)

  /// In the environment of a child whose standard error we read: it writes `<N>module: message` then,
  /// and `LogEvent(supervised:)` takes that apart.
  public static let supervisedVariable = "MTOR_SUPERVISED"

  /// The level of modules without one of their own; `info` at first.
  public static var level: LogLevel {
    get { levels.withLock { $0.general } }
    set { levels.withLock { $0.set(general: newValue) } }
  }

  /// The levels set for single modules.
  public static var moduleLevels: [String: LogLevel] { levels.withLock { $0.own } }

  /// Sets the level of one module; nil gives it the general one again. The module need not exist yet.
  public static func setLevel(_ level: LogLevel?, of module: String) {
    levels.withLock { $0.set(level, of: module) }
  }

  /// Sends events elsewhere (tests); nil is standard error. The sink is called on the logging
  /// thread, one event at a time, and must not log itself.
  public static func setSink(_ new: (@Sendable (LogEvent) -> Void)?) {
    let new = new ?? standard.write
    sink.withLock { $0 = new }
  }

  /// Lines that whoever reads standard error did not take in time, since the start.
  public static var lostLines: UInt64 { standard.lost }

  static func threshold(of module: String) -> ModuleThreshold {
    levels.withLock { $0.threshold(of: module) }
  }

  static func emit(_ event: LogEvent) { sink.withLock { $0(event) } }

  static func admit(_ key: String, every interval: Duration) -> Int? {
    let now = Instant(nanoseconds: cl_monotonic_ns())
    return repetition.withLock { $0.admit(key, every: interval, at: now) }
  }

  static func settle(_ key: String) -> Bool { repetition.withLock { $0.settle(key) } }
}

/// The lowest level a module logs, shared by all its loggers, so that a change reaches them.
final class ModuleThreshold: Sendable {
  private let level: Atomic<UInt8>

  init(_ level: LogLevel) { self.level = Atomic(level.rawValue) }

  var value: UInt8 { level.load(ordering: .relaxed) }
  func set(_ new: LogLevel) { level.store(new.rawValue, ordering: .relaxed) }
}

/// Every module that has a logger, and the level it ought to have.
private struct Levels {
  var general = LogLevel.info
  var own: [String: LogLevel] = [:]
  private var thresholds: [String: ModuleThreshold] = [:]

  mutating func threshold(of module: String) -> ModuleThreshold {
    if let known = thresholds[module] { return known }
    let new = ModuleThreshold(own[module] ?? general)
    thresholds[module] = new
    return new
  }

  mutating func set(general level: LogLevel) {
    general = level
    for (module, threshold) in thresholds where own[module] == nil { threshold.set(level) }
  }

  mutating func set(_ level: LogLevel?, of module: String) {
    own[module] = level
    thresholds[module]?.set(level ?? general)
  }
}
