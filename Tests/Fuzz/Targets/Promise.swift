// SPDX-License-Identifier: Apache-2.0
import Glibc
import Posix

/// What a parser promises besides not to crash.
public enum Promise {
  private static let onBroken = Locked<@Sendable (String) -> Void>(stop)

  /// Says what was broken, and stops the program: to the fuzzer a crash like any other.
  private static let stop: @Sendable (String) -> Void = { text in
    var line = Array("broken promise: \(text)\n".utf8)
    _ = write(STDERR_FILENO, &line, line.count)
    abort()
  }

  /// Calls `report` for broken promises from now on, instead of stopping the program (tests).
  public static func report(_ report: @escaping @Sendable (String) -> Void) {
    onBroken.withLock { $0 = report }
  }

  /// - Parameter promise: a sentence that should be true.
  public static func holds(_ condition: Bool, _ promise: @autoclosure () -> String) {
    if condition { return }
    let report = onBroken.withLock { $0 }
    report(promise())
  }
}
