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

  let kind: Kind
  private unowned let session: HTTPSession
  private let connectionsMax: Int
  /// Nil while the certificates are being read. Both apart: the leak checker does not see what lives in an
  /// enum of two kinds of pointers.
  private var transfers: HTTPTransfers?
  private var waiting: [@LoopActor (HTTPTransfers) -> Void] = []
  private let sockets = HTTPSockets()
  private var timer: TimerToken?
  private var loop: EventLoop { LoopActor.shared.loop }

  init(_ kind: Kind, _ session: HTTPSession) {
    self.kind = kind
    self.session = session
    connectionsMax = session.limits.connectionsMax
    switch kind {
    case .plain: begin(HTTPTransfers(connectionsMax: connectionsMax))
    case .secure(let file): LoopActor.spawn("certificates") { [self] in await prepare(file) }
    }
  }

  /// Nothing is under way.
  var isIdle: Bool { transfers?.count == 0 }

  /// Calls `body` when requests can be sent, perhaps at once.
  func whenReady(_ body: @escaping @LoopActor (HTTPTransfers) -> Void) {
    if let transfers { return body(transfers) }
    waiting.append(body)
  }

  /// An idle one ends its connections.
  func close() {
    if let timer { loop.cancel(timer) }
    timer = nil
    sockets.unwatchAll()
  }

  private func prepare(_ file: String?) async {
    // Nothing was read: the first connection does it.
    let authorities = try? await HTTPSession.queue.run("read certificates") { HTTPAuthorities(file: file) }
    begin(HTTPTransfers(connectionsMax: connectionsMax, authorities: authorities))
  }

  private func begin(_ transfers: HTTPTransfers) {
    sockets.onReady = { [weak self] in self?.ready($0, $1) }
    // Its end closes the sockets, after that of this lane.
    transfers.onInterest = { [sockets] in sockets.watch($0, $1) }
    transfers.onForgotten = { [sockets] in sockets.unwatch($0) }
    transfers.onTimer = { [unowned self] in setTimer($0) }
    self.transfers = transfers
    while !waiting.isEmpty { waiting.removeFirst()(transfers) }
  }

  // MARK: Between libcurl and the loop

  private func ready(_ fd: Int32, _ interest: HTTPTransfers.Interest) {
    session.turn &+= 1
    transfers?.ready(fd, interest)
  }

  private func setTimer(_ duration: Duration?) {
    if let timer { loop.cancel(timer) }
    timer = duration.map { loop.after($0, name: "http") { [weak self] in self?.timeOut() } }
  }

  private func timeOut() {
    timer = nil
    session.turn &+= 1
    transfers?.timeOut()
  }
}
