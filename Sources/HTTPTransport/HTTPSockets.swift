// SPDX-License-Identifier: Apache-2.0
import HTTPClient
import Loop
import Posix

/// The sockets of a lane's connections, as the loop watches them: from the first request of each until it is
/// closed. In between it is mostly wanted again, so that this saves two system calls for each request.
@LoopActor final class HTTPSockets {
  private struct Watched {
    var token: WatchToken
    var interest: Interest
    /// libcurl waits for it; else its connection has no request.
    var isWanted = true
  }

  /// A socket that libcurl waits for is ready.
  var onReady: (@LoopActor (Int32, HTTPTransfers.Interest) -> Void)?
  private var watched: [Int32: Watched] = [:]
  private var loop: EventLoop { LoopActor.shared.loop }

  func watch(_ fd: Int32, _ interest: HTTPTransfers.Interest) {
    if interest.isEmpty {
      watched[fd]?.isWanted = false
      return
    }
    var wanted = Interest()
    if interest.contains(.read) { wanted.insert(.read) }
    if interest.contains(.write) { wanted.insert(.write) }
    if let socket = watched[fd] {
      if socket.interest != wanted { loop.modify(socket.token, wanted) }
      watched[fd] = Watched(token: socket.token, interest: wanted)
      return
    }
    do throws(SystemError) {
      let token = try loop.watch(fd, wanted, name: "http") { [self] in ready(fd, $0) }
      watched[fd] = Watched(token: token, interest: wanted)
    } catch {
      // It ends by its deadline, and says so: a descriptor that cannot be watched never becomes ready.
    }
  }

  func unwatch(_ fd: Int32) {
    if let socket = watched.removeValue(forKey: fd) { loop.unwatch(socket.token) }
  }

  func unwatchAll() {
    for socket in watched.values { loop.unwatch(socket.token) }
    watched = [:]
  }

  private func ready(_ fd: Int32, _ ready: Interest) {
    // The server has ended it, or says what nobody asked for: libcurl sees it when it wants to use it again.
    if watched[fd]?.isWanted == false { return unwatch(fd) }
    var interest = HTTPTransfers.Interest()
    if ready.contains(.read) { interest.insert(.read) }
    if ready.contains(.write) { interest.insert(.write) }
    if !ready.isDisjoint(with: [.error, .hangup]) { interest.insert(.error) }
    onReady?(fd, interest)
  }
}
