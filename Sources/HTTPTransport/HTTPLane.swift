// SPDX-License-Identifier: Apache-2.0
import HTTPClient
import Loop
import Posix
import Time

/// Requests of a session that believe the same authorities, and the connections they share. The certificates
/// are read off the loop before the first of them.
@LoopActor final class HTTPLane {
  /// Which requests go together: plain ones, secure ones by their authorities (nil: the machine's).
  enum Kind: Hashable {
    case plain
    case secure(authorities: String?)
  }

  private enum State {
    case preparing(waiting: [@LoopActor (HTTPTransfers) -> Void])
    case ready(HTTPTransfers)
  }

  private unowned let session: HTTPSession
  private let connectionsMax: Int
  private var state = State.preparing(waiting: [])
  private var watched: [Int32: WatchToken] = [:]
  private var timer: TimerToken?
  private var loop: EventLoop { LoopActor.shared.loop }

  init(_ kind: Kind, _ session: HTTPSession) {
    self.session = session
    connectionsMax = session.limits.connectionsMax
    switch kind {
    case .plain: begin(HTTPTransfers(connectionsMax: connectionsMax))
    case .secure(let file): LoopActor.spawn("certificates") { [self] in await prepare(file) }
    }
  }

  /// Nothing is under way.
  var isIdle: Bool { if case .ready(let transfers) = state { transfers.count == 0 } else { false } }

  /// Calls `body` when requests can be sent, perhaps at once.
  func whenReady(_ body: @escaping @LoopActor (HTTPTransfers) -> Void) {
    switch state {
    case .ready(let transfers): body(transfers)
    case .preparing(let waiting): state = .preparing(waiting: waiting + [body])
    }
  }

  /// An idle one ends its connections.
  func close() {
    if let timer { loop.cancel(timer) }
    for token in watched.values { loop.unwatch(token) }
    (timer, watched) = (nil, [:])
  }

  private func prepare(_ file: String?) async {
    // Nothing was read: the first connection does it.
    let authorities = try? await HTTPSession.queue.run("read certificates") { HTTPAuthorities(file: file) }
    begin(HTTPTransfers(connectionsMax: connectionsMax, authorities: authorities))
  }

  private func begin(_ transfers: HTTPTransfers) {
    transfers.onInterest = { [unowned self] in watch($0, $1) }
    transfers.onTimer = { [unowned self] in setTimer($0) }
    guard case .preparing(let waiting) = state else { return }
    state = .ready(transfers)
    for body in waiting { body(transfers) }
  }

  // MARK: Between libcurl and the loop

  private func watch(_ fd: Int32, _ interest: HTTPTransfers.Interest) {
    if interest.isEmpty {
      if let token = watched.removeValue(forKey: fd) { loop.unwatch(token) }
      return
    }
    var wanted = Interest()
    if interest.contains(.read) { wanted.insert(.read) }
    if interest.contains(.write) { wanted.insert(.write) }
    if let token = watched[fd] { return loop.modify(token, wanted) }
    do throws(SystemError) {
      watched[fd] = try loop.watch(fd, wanted, name: "http") { [unowned self] in ready(fd, $0) }
    } catch {
      // It ends by its deadline, and says so: a descriptor that cannot be watched never becomes ready.
    }
  }

  private func ready(_ fd: Int32, _ ready: Interest) {
    guard case .ready(let transfers) = state else { return }
    var interest = HTTPTransfers.Interest()
    if ready.contains(.read) { interest.insert(.read) }
    if ready.contains(.write) { interest.insert(.write) }
    if !ready.isDisjoint(with: [.error, .hangup]) { interest.insert(.error) }
    session.turn &+= 1
    transfers.ready(fd, interest)
  }

  private func setTimer(_ duration: Duration?) {
    if let timer { loop.cancel(timer) }
    timer = duration.map { loop.after($0, name: "http") { [weak self] in self?.timeOut() } }
  }

  private func timeOut() {
    timer = nil
    guard case .ready(let transfers) = state else { return }
    session.turn &+= 1
    transfers.timeOut()
  }
}
