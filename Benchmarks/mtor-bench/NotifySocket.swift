// SPDX-License-Identifier: Apache-2.0
import Glibc
import Loop
import Posix
import Time

/// The service manager's side of `sd_notify(3)`.
@LoopActor final class NotifySocket {
  let path: String
  private let fd: Int32
  private let loop = LoopActor.shared.loop

  init(_ path: String) throws(SystemError) {
    self.path = path
    unlink(path)
    fd = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
    let length = socklen_t(MemoryLayout<sockaddr_un>.size)
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(fd, $0, length) }
    }
    if result != 0 { throw SystemError("listen on \(path)") }
  }

  deinit { close(fd) }

  /// Returns when READY=1 has come.
  func ready(until deadline: Instant) async throws {
    var token: WatchToken?
    defer { token.map(loop.unwatch) }
    let fd = fd
    try await loop.wait(on: "READY=1", until: deadline) { (waiter: Waiter<Void>) in
      token = try? loop.watch(fd, .read, name: "notify") { _ in
        var bytes = [UInt8](repeating: 0, count: 512)
        let count = recv(fd, &bytes, bytes.count, 0)
        let text = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
        if text.split(separator: "\n").contains("READY=1") { waiter.resume(returning: ()) }
      }
    }
  }
}
