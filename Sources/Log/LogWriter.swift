// SPDX-License-Identifier: Apache-2.0
internal import CLinux
import Glibc

/// Writes each event as one line with one write(2), so that lines of several threads and processes
/// do not mix. A descriptor that takes nothing loses the line: logging never waits for its reader
/// longer than the kernel does.
struct LogWriter {
  let descriptor: Int32
  let format: LogFormat

  /// Standard error, in the format that suits what it is.
  static func standardError() -> LogWriter {
    LogWriter(descriptor: STDERR_FILENO, format: suitableFormat(STDERR_FILENO))
  }

  @Sendable func write(_ event: LogEvent) {
    format.line(event, at: cl_wall_time()).withUnsafeBytes { bytes in
      while Glibc.write(descriptor, bytes.baseAddress, bytes.count) < 0, errno == EINTR {}
    }
  }

  private static func suitableFormat(_ descriptor: Int32) -> LogFormat {
    if isJournal(descriptor) || getenv(Logging.supervisedVariable) != nil { return .journal }
    if isatty(descriptor) == 0 { return .plain }
    return .terminal(
      colour: getenv("NO_COLOR") == nil && getenv("TERM").map { String(cString: $0) } != "dumb")
  }

  /// JOURNAL_STREAM is `device:inode` of the stream; a redirected descriptor is another file
  /// (systemd.exec(5)).
  private static func isJournal(_ descriptor: Int32) -> Bool {
    guard let stream = getenv("JOURNAL_STREAM") else { return false }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return false }
    return String(cString: stream) == "\(status.st_dev):\(status.st_ino)"
  }
}
