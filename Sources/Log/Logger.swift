// SPDX-License-Identifier: Apache-2.0
import Time

/// Writes events of one module to the log. A value: keep one per type or file. Any thread.
///
/// A message below the module's level is not even built. Never put secrets or spoken words in a
/// message unless the configuration asks for it.
public struct Logger: Sendable {
  public let module: String
  private let threshold: ModuleThreshold

  /// - Parameter module: a short constant name, the one people use to change its level.
  public init(_ module: String) {
    self.module = module
    threshold = Logging.threshold(of: module)
  }

  public func debug(_ message: @autoclosure () -> String) { log(.debug, message()) }
  public func info(_ message: @autoclosure () -> String) { log(.info, message()) }
  public func notice(_ message: @autoclosure () -> String) { log(.notice, message()) }
  public func warning(_ message: @autoclosure () -> String) { log(.warning, message()) }
  public func error(_ message: @autoclosure () -> String) { log(.error, message()) }

  public func log(_ level: LogLevel, _ message: @autoclosure () -> String) {
    guard isEnabled(level) else { return }
    Logging.emit(LogEvent(level: level, module: module, message: message()))
  }

  public func isEnabled(_ level: LogLevel) -> Bool { level.rawValue >= threshold.value }

  /// Logs what may happen a thousand times: the first time, then at most once per `interval`, with
  /// the number of times it was left out.
  ///
  /// - Parameters:
  ///   - key: names the condition, within the module; constant or from a small set.
  ///   - interval: the least time between two lines of this key.
  public func once(
    _ key: String, level: LogLevel = .warning, every interval: Duration = .seconds(600),
    _ message: @autoclosure () -> String
  ) {
    guard isEnabled(level) else { return }
    guard let leftOut = Logging.admit("\(module).\(key)", every: interval) else { return }
    log(level, leftOut == 0 ? message() : "\(message()) (\(leftOut) more since the last line)")
  }

  /// Ends a condition: when it happens again, `once` speaks at once. True when `once` had spoken,
  /// so that the recovery is worth a line too.
  @discardableResult public func settle(_ key: String) -> Bool { Logging.settle("\(module).\(key)") }
}
