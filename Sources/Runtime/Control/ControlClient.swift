// SPDX-License-Identifier: Apache-2.0
import Glibc
import JSON
import Posix
import Time

/// Asks a running daemon from a command: connects, sends one request, hands on the replies. Blocks
/// the calling thread; for programs that do nothing else meanwhile.
public struct ControlClient: ~Copyable {
  private let descriptor: FileDescriptor
  private let path: String

  /// To the daemon of a runtime directory, by default the usual one.
  /// - Throws: as `init(path:)`.
  public init(directory: String = RuntimeDirectory.path()) throws(ControlError) {
    try self.init(path: "\(directory)/control.sock")
  }

  /// - Throws: `ControlError` when nobody listens at `path`.
  public init(path: String) throws(ControlError) {
    do throws(SystemError) {
      descriptor = try Self.connect(path)
    } catch {
      throw ControlError(
        error.errno == ENOENT || error.errno == ECONNREFUSED
          ? "no daemon is running here (\(path)). Start one with 'mtor run'."
          : "\(error)")
    }
    self.path = path
  }

  /// A daemon that has many callers just now refuses with EAGAIN: tries for a second.
  private static func connect(_ path: String) throws(SystemError) -> FileDescriptor {
    for _ in 0..<100 {
      do throws(SystemError) {
        return try Socket.connect(to: .unix(path))
      } catch {
        if error.errno != EAGAIN { throw error }
        _ = poll(nil, 0, 10)
      }
    }
    return try Socket.connect(to: .unix(path))
  }

  /// Calls `onReply` with each reply until the last.
  ///
  /// - Parameters:
  ///   - silenceMax: longest wait for a next reply; nil waits for ever.
  ///   - media: bytes of `request.media`, in its order.
  /// - Throws: `ControlError`: the daemon's own error, no answer in time, connection lost.
  public func request(
    _ request: ControlRequest, silenceMax: Duration?, media: [[UInt8]] = [],
    _ onReply: (ControlReply) -> Void
  ) throws(ControlError) {
    var line = (try? JSONText.encode(request)) ?? []
    line.append(UInt8(ascii: "\n"))
    try send(line + media.joined())
    var input: [UInt8] = []
    while true {
      while let end = input.firstIndex(of: UInt8(ascii: "\n")) {
        let reply = try decode(Array(input[..<end]))
        input.removeSubrange(...end)
        if let error = reply.error { throw ControlError(error, isRefusal: true) }
        onReply(reply)
        if reply.done != nil { return }
      }
      try wait(Int16(POLLIN), silenceMax)
      input += try receive()
    }
  }

  private func decode(_ line: [UInt8]) throws(ControlError) -> ControlReply {
    do throws(JSONError) {
      return try JSONText.decode(ControlReply.self, from: line)
    } catch { throw ControlError("the daemon at \(path) answers in another language: \(error)") }
  }

  private func send(_ bytes: [UInt8]) throws(ControlError) {
    var sent = 0
    while sent < bytes.count {
      do throws(SystemError) {
        sent += try descriptor.write(bytes[sent...])
      } catch {
        if error.errno != EAGAIN { throw ControlError("the daemon has gone: \(error.reason)") }
        try wait(Int16(POLLOUT), .seconds(5))
      }
    }
  }

  private func receive() throws(ControlError) -> [UInt8] {
    do throws(SystemError) {
      let bytes = try descriptor.read(upTo: 16 << 10)
      if bytes.isEmpty { throw SystemError("read", errno: ECONNRESET) }
      return bytes
    } catch {
      if error.errno == EAGAIN { return [] }
      throw ControlError("the daemon has gone: \(error.reason)")
    }
  }

  private func wait(_ events: Int16, _ timeout: Duration?) throws(ControlError) {
    var entry = pollfd(fd: descriptor.raw, events: events, revents: 0)
    let milliseconds = timeout.map { Int32(clamping: Int64($0.milliseconds)) } ?? -1
    let ready = poll(&entry, 1, milliseconds)
    if ready == 0 { throw ControlError("the daemon at \(path) gave no answer in time") }
  }
}

/// Why the daemon could not be asked or could not do it; the text is for people.
public struct ControlError: Error, Equatable, CustomStringConvertible {
  public let description: String
  /// The daemon answered, and the answer is no.
  public let isRefusal: Bool

  public init(_ description: String, isRefusal: Bool = false) {
    self.description = description
    self.isRefusal = isRefusal
  }
}

/// Where a daemon listens: `$MTOR_RUNTIME_DIR`, systemd's `$RUNTIME_DIRECTORY`, `/run/mtor` for root,
/// `$XDG_RUNTIME_DIR/mtor`, or a private directory below the temporary one.
public enum RuntimeDirectory {
  public static func path(environment: (String) -> String? = ServiceManager.environment) -> String {
    if let own = environment("MTOR_RUNTIME_DIR") { return own }
    if let given = environment("RUNTIME_DIRECTORY") { return String(given.prefix { $0 != ":" }) }
    if geteuid() == 0 { return "/run/mtor" }
    if let user = environment("XDG_RUNTIME_DIR") { return "\(user)/mtor" }
    return "\(environment("TMPDIR") ?? "/tmp")/mtor-\(geteuid())"
  }

  /// Makes it, for the owner and the group.
  /// - Throws: `SystemError` naming the path; also when it belongs to somebody else.
  public static func make(_ path: String) throws(SystemError) {
    if mkdir(path, 0o750) != 0, errno != EEXIST { throw SystemError("make \(path)") }
    var status = stat()
    guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR, status.st_uid == geteuid() else {
      throw SystemError("use \(path), which is somebody else's", errno: EPERM)
    }
  }
}
