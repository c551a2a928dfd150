// SPDX-License-Identifier: Apache-2.0
import Glibc
import JSON
import Log
import Loop
import Posix
import Time

/// Serves `mtor status` and its like on a Unix socket: one request line in, reply lines out.
@LoopActor public final class ControlServer {
  /// Connections at the same time. One more takes the place of the oldest that has asked for nothing
  /// yet; when all have, it is refused.
  public nonisolated static let connectionsMax = 16
  /// For a request to come, and for its last reply to be taken.
  public static let idleLimit: Duration = .seconds(5)
  /// Longest request line.
  public static let requestMaxBytes = 64 << 10
  /// Sounds and images of one request together.
  public nonisolated static let mediaMaxBytes = 4 << 20
  /// Reply bytes a slow reader may leave waiting before it is cut off.
  public static let outputMaxBytes = 1 << 20
  /// The same while a sound or an image is being sent.
  public nonisolated static let mediaOutputMaxBytes = 8 << 20

  public typealias Handler = @LoopActor (ControlRequest, ControlSession) -> Void

  private var socket: ListeningSocket?
  private let idleLimit: Duration
  private let handler: Handler
  private let loop = LoopActor.shared.loop
  private let log = Logger("control")
  private var token: WatchToken?
  /// Oldest first.
  private var sessions: [ControlSession] = []

  /// Listens at `path`, readable and writable for owner and group.
  /// - Throws: `SystemError` naming the path: another daemon listens there, no permission.
  public init(
    path: String, idleLimit: Duration = idleLimit, handler: @escaping Handler
  ) throws(SystemError) {
    self.idleLimit = idleLimit
    socket = try ListeningSocket.open(.unix(path), mode: 0o660)
    self.handler = handler
    guard let fd = socket?.descriptor.raw else { return }
    token = try loop.watch(fd, .read, name: "control") { [unowned self] _ in accept() }
  }

  public func close() {
    if let token { loop.unwatch(token) }
    token = nil
    socket = nil
    for session in sessions { session.close() }
  }

  private func accept() {
    do throws(SystemError) {
      guard let descriptor = try socket?.accept() else { return }
      if sessions.count >= Self.connectionsMax { sessions.first { !$0.hasRequest }?.close() }
      let session = try ControlSession(descriptor, idleLimit, handler) { [weak self] closed in
        self?.sessions.removeAll { $0 === closed }
      }
      sessions.append(session)
      if sessions.count > Self.connectionsMax {
        session.finish(ControlReply(error: "busy: \(Self.connectionsMax) connections at most"))
      }
    } catch {
      log.once("accept", level: .warning, "cannot accept: \(error)")
      // A descriptor may come free.
      if let token { loop.pause(token, for: .seconds(1), then: .read) }
    }
  }
}

/// One connection to the control socket. Ends after its last reply, or when the client goes away, or
/// when it asks for nothing or takes nothing.
@LoopActor public final class ControlSession {
  /// Called once when the connection is gone, whoever ended it.
  public var onEnd: (@LoopActor () -> Void)?

  private let descriptor: FileDescriptor
  private let idleLimit: Duration
  private let handler: ControlServer.Handler
  private let onClosed: @LoopActor (ControlSession) -> Void
  private let loop = LoopActor.shared.loop
  private var token: WatchToken?
  private var input: [UInt8] = []
  private var output: [UInt8] = []
  private var timer: TimerToken?
  private var isEnding = false
  private var outputLimit = ControlServer.outputMaxBytes
  private(set) var hasRequest = false
  /// What came after the request's line, each with its own bytes.
  public private(set) var media: [[UInt8]] = []
  /// The request that waits for the rest of its media, and how many bytes that are.
  private var waiting: (request: ControlRequest, count: Int)?

  init(
    _ descriptor: consuming FileDescriptor, _ idleLimit: Duration, _ handler: @escaping ControlServer.Handler,
    onClosed: @escaping @LoopActor (ControlSession) -> Void
  ) throws(SystemError) {
    self.descriptor = descriptor
    self.idleLimit = idleLimit
    self.handler = handler
    self.onClosed = onClosed
    token = try loop.watch(self.descriptor.raw, .read, name: "control session") { [unowned self] ready in
      self.ready(ready)
    }
    limitIdling()
  }

  /// Sends one reply line.
  public func send(_ reply: ControlReply) {
    guard token != nil, let line = try? JSONText.encode(reply) else { return }
    let limit = reply.media == nil ? ControlServer.outputMaxBytes : ControlServer.mediaOutputMaxBytes
    if output.count + line.count > max(limit, outputLimit) { return close() }
    // What is last goes out behind the media.
    outputLimit = max(outputLimit, limit)
    output += line
    output.append(UInt8(ascii: "\n"))
    flush()
  }

  /// Sends the last reply line and ends the connection once it is out.
  public func finish(_ reply: ControlReply) {
    isEnding = true
    limitIdling()
    send(reply)
  }

  public func close() {
    guard let token else { return }
    self.token = nil
    loop.unwatch(token)
    if let timer { loop.cancel(timer) }
    onEnd?()
    onEnd = nil
    onClosed(self)
  }

  private func limitIdling() {
    if let timer { loop.cancel(timer) }
    timer = loop.after(idleLimit, name: "control idle") { [weak self] in self?.close() }
  }

  private func ready(_ interest: Interest) {
    if interest.contains(.write) { flush() }
    if !interest.isDisjoint(with: [.read, .hangup, .error]) { read() }
  }

  private func read() {
    do throws(SystemError) {
      let bytes = try descriptor.read(upTo: waiting == nil ? 4096 : 256 << 10)
      if bytes.isEmpty { return close() }
      input += bytes
    } catch {
      return error.errno == EAGAIN ? () : close()
    }
    if waiting != nil { return takeMedia() }
    guard !hasRequest else { return input.removeAll() }
    if let end = input.firstIndex(of: UInt8(ascii: "\n")) {
      let line = Array(input[..<end])
      input.removeSubrange(...end)
      return take(line)
    }
    if input.count > ControlServer.requestMaxBytes {
      finish(ControlReply(error: "request longer than \(ControlServer.requestMaxBytes) bytes"))
    }
  }

  private func take(_ line: [UInt8]) {
    hasRequest = true
    do throws(JSONError) {
      let request = try JSONText.decode(ControlRequest.self, from: line)
      let counts = (request.media ?? []).map(\.count)
      guard counts.allSatisfy({ (0...ControlServer.mediaMaxBytes).contains($0) }),
        counts.count <= 8, counts.reduce(0, +) <= ControlServer.mediaMaxBytes
      else {
        let limit = ControlServer.mediaMaxBytes >> 20
        return finish(ControlReply(error: "sounds and images of more than \(limit) MiB together"))
      }
      waiting = (request, counts.reduce(0, +))
      takeMedia()
    } catch { finish(ControlReply(error: "not a request: \(error)")) }
  }

  private func takeMedia() {
    guard let waiting, input.count >= waiting.count else { return }
    self.waiting = nil
    if let timer = timer.take() { loop.cancel(timer) }
    var rest = input[...]
    media = (waiting.request.media ?? []).map { part in
      defer { rest = rest.dropFirst(part.count) }
      return Array(rest.prefix(part.count))
    }
    input = []
    handler(waiting.request, self)
  }

  private func flush() {
    while !output.isEmpty {
      do throws(SystemError) {
        output.removeFirst(try descriptor.write(output[...]))
      } catch {
        if error.errno != EAGAIN { return close() }
        break
      }
    }
    guard let token else { return }
    if output.isEmpty && isEnding { return close() }
    loop.modify(token, output.isEmpty ? .read : [.read, .write])
  }
}
