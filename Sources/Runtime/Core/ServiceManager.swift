// SPDX-License-Identifier: Apache-2.0
import Glibc
import Loop
import Time

/// Tells systemd how we are (`sd_notify(3)`): ready, status line, watchdog, reloading, stopping.
/// Without `NOTIFY_SOCKET` in the environment each call does nothing.
@LoopActor public final class ServiceManager {
  private let address: sockaddr_un?
  private let fd: Int32
  private var watchdog: TimerToken?

  public init(environment: (String) -> String? = ServiceManager.environment) {
    address = environment("NOTIFY_SOCKET").flatMap(Self.socketAddress)
    fd = address == nil ? -1 : socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
  }

  public nonisolated static func environment(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
  }

  /// Our environment, `NAME=value` each, but for what concerns only us.
  public nonisolated static var environmentLines: [String] {
    var lines: [String] = []
    var entry = environ
    while let text = entry.pointee {
      lines.append(String(cString: text))
      entry += 1
    }
    let own = ["NOTIFY_SOCKET=", "WATCHDOG_USEC=", "WATCHDOG_PID="]
    return lines.filter { line in !own.contains { line.hasPrefix($0) } }
  }

  /// Sends one message such as `READY=1\nSTATUS=listening`. A lost message is not an error: the
  /// manager may be gone.
  public func notify(_ message: String) {
    guard fd >= 0, var address else { return }
    let bytes = Array(message.utf8)
    let length = Self.length(of: address)
    _ = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        sendto(fd, bytes, bytes.count, Int32(MSG_NOSIGNAL), $0, length)
      }
    }
  }

  public func ready(_ status: String) { notify("READY=1\nSTATUS=\(status)") }
  public func stopping() { notify("STOPPING=1") }

  public func reloading() {
    notify("RELOADING=1\nMONOTONIC_USEC=\(LoopActor.shared.loop.now.nanoseconds / 1000)")
  }

  /// Feeds the watchdog at half its interval as long as the loop turns and `isHealthy` holds.
  public func startWatchdog(
    environment: (String) -> String? = ServiceManager.environment,
    isHealthy: @escaping @LoopActor () -> Bool
  ) {
    guard fd >= 0, let microseconds = environment("WATCHDOG_USEC").flatMap(Int64.init), microseconds > 0
    else { return }
    feed(every: .microseconds(microseconds / 2), isHealthy)
  }

  private func feed(every interval: Duration, _ isHealthy: @escaping @LoopActor () -> Bool) {
    if isHealthy() { notify("WATCHDOG=1") }
    watchdog = LoopActor.shared.loop.after(interval, name: "watchdog") { [weak self] in
      self?.feed(every: interval, isHealthy)
    }
  }

  private nonisolated static func socketAddress(_ path: String) -> sockaddr_un? {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    var bytes = Array(path.utf8)
    guard let first = bytes.first, bytes.count < MemoryLayout.size(ofValue: address.sun_path),
      first == UInt8(ascii: "/") || first == UInt8(ascii: "@")
    else { return nil }
    if first == UInt8(ascii: "@") { bytes[0] = 0 }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    return address
  }

  /// An abstract name has no terminator: the length counts.
  private nonisolated static func length(of address: sockaddr_un) -> socklen_t {
    withUnsafeBytes(of: address.sun_path) { path in
      let end = path.dropFirst().firstIndex(of: 0) ?? path.endIndex
      return socklen_t(MemoryLayout<sa_family_t>.size + end)
    }
  }
}
