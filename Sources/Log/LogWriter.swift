// SPDX-License-Identifier: Apache-2.0
internal import CLinux
import Glibc
import Posix
import Time

/// Writes each event as one line with one write(2), so that lines of several threads and processes
/// do not mix. A reader that hangs is waited for `patience` in each `window` and no longer: a line that
/// it does not take is lost and counted, and the next one that is taken is preceded by a line that says
/// how many were.
final class LogWriter: Sendable {
  /// In sum, so that a reader that is only slow loses nothing.
  static let patience: Duration = .milliseconds(100)
  static let window: Duration = .seconds(10)

  let descriptor: Int32
  let format: LogFormat
  private let state = Locked(State())

  init(descriptor: Int32, format: LogFormat) {
    self.descriptor = descriptor
    self.format = format
  }

  /// Standard error, in the format that suits what it is.
  static func standardError() -> LogWriter {
    LogWriter(descriptor: nonBlocking(STDERR_FILENO), format: suitableFormat(STDERR_FILENO))
  }

  /// Lines lost since the start.
  var lost: UInt64 { state.withLock { $0.lost } }

  @Sendable func write(_ event: LogEvent) {
    let time = cl_wall_time()
    state.withLock { state in
      guard flush(&state) else { return state.lose(event) }
      if state.untold > 0 {
        guard put(format.line(state.report, at: time), &state) else { return state.lose(event) }
        state.tell()
      }
      if state.rest.isEmpty, put(format.line(event, at: time), &state) { return }
      state.lose(event)
    }
  }

  /// Writes the line or nothing of it; what a terminal has taken half of goes on with `flush`.
  private func put(_ line: [UInt8], _ state: inout State) -> Bool {
    var count = offer(line[...])
    if count < 0, errno == EAGAIN, waitForRoom(&state) { count = offer(line[...]) }
    if count > 0, count < line.count { state.rest = Array(line[count...]) }
    return count > 0
  }

  /// False while a line that was begun is not out.
  private func flush(_ state: inout State) -> Bool {
    if state.rest.isEmpty { return true }
    state.rest.removeFirst(max(0, offer(state.rest[...])))
    return state.rest.isEmpty
  }

  /// What write(2) returns.
  private func offer(_ bytes: ArraySlice<UInt8>) -> Int {
    bytes.withUnsafeBytes { bytes in
      while true {
        var count = send(
          descriptor, bytes.baseAddress, bytes.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
        if count < 0, errno == ENOTSOCK { count = write(bytes) }
        if count >= 0 || errno != EINTR { return count }
      }
    }
  }

  /// A pipe that would wait has room for a line, or this is EAGAIN.
  private func write(_ bytes: UnsafeRawBufferPointer) -> Int {
    if isReady(within: .zero) { return Glibc.write(descriptor, bytes.baseAddress, bytes.count) }
    errno = EAGAIN
    return -1
  }

  private func isReady(within limit: Duration) -> Bool {
    var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    return poll(&entry, 1, Int32(limit.milliseconds)) > 0
  }

  private func waitForRoom(_ state: inout State) -> Bool {
    let begin = Instant(nanoseconds: cl_monotonic_ns())
    if begin - state.windowBegan > Self.window { (state.windowBegan, state.waited) = (begin, .zero) }
    guard state.waited < Self.patience else { return false }
    let isReady = isReady(within: Self.patience - state.waited)
    state.waited += Instant(nanoseconds: cl_monotonic_ns()) - begin
    return isReady
  }

  private struct State {
    /// The end of a line that was written in part.
    var rest: [UInt8] = []
    var lost: UInt64 = 0
    var windowBegan = Instant.zero
    var waited = Duration.zero
    private(set) var untold = 0
    private var untoldComplaints = 0

    mutating func lose(_ event: LogEvent) {
      lost += 1
      untold += 1
      if event.level >= .warning { untoldComplaints += 1 }
    }

    mutating func tell() { (untold, untoldComplaints) = (0, 0) }

    var report: LogEvent {
      LogEvent(
        level: .warning, module: "log",
        message: "\(untold) lines were lost, \(untoldComplaints) of them warnings or errors: "
          + "whoever reads this log took none for a while")
    }
  }

  /// A descriptor of our own for the same pipe or terminal, whose writes do not wait: the flag on the
  /// one we were given would hold for everyone who shares it. The given one where that cannot be had.
  private static func nonBlocking(_ descriptor: Int32) -> Int32 {
    var status = stat()
    let kinds = [Glibc.S_IFIFO, Glibc.S_IFCHR]
    guard fstat(descriptor, &status) == 0, kinds.contains(status.st_mode & Glibc.S_IFMT)
    else { return descriptor }
    let own = open("/proc/self/fd/\(descriptor)", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
    return own < 0 ? descriptor : own
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
