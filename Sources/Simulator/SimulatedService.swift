// SPDX-License-Identifier: Apache-2.0
import Loop
import Posix
import Time
import Wyoming

/// A Wyoming service of every kind, on a real socket, that answers after a while, late, twice, never,
/// wrongly, or dies; as its mood is.
@LoopActor final class SimulatedService {
  enum Mood: String, CaseIterable {
    case well, slow, mute, deaf, garbage, error
    case hangUp = "hanging up"
    case halfway = "dying halfway"
    case twice = "answering twice"
    /// Nobody listens there.
    case absent
  }

  /// What it will have understood.
  var transcript = ""
  private(set) var mood = Mood.well
  private let path: String
  private let loop = LoopActor.shared.loop
  private var random: SeededGenerator
  private var socket: ListeningSocket?
  private var token: WatchToken?
  private var connections: [Int: SimulatedConnection] = [:]
  private var lastID = 0

  init(path: String, random: SeededGenerator) throws {
    self.path = path
    self.random = random
    try listen()
  }

  func change(to mood: Mood) {
    let wasAbsent = self.mood == .absent
    self.mood = mood
    if mood == .absent {
      close()
    } else if wasAbsent {
      try? listen()
    }
    for connection in sorted { connection.setReading(mood != .deaf) }
  }

  /// The wake phrase ended now in what it hears.
  func hear(_ phrase: String, after delay: Duration) {
    for connection in sorted where connection.isWake {
      let milliseconds = Int64(connection.samples / 16)
      after(delay, connection) { $0.send([.detection(name: phrase, timestamp: milliseconds)]) }
    }
  }

  func close() {
    if let token { loop.unwatch(token) }
    token = nil
    socket = nil
    for connection in sorted { connection.close() }
  }

  private var sorted: [SimulatedConnection] { connections.keys.sorted().compactMap { connections[$0] } }

  private func listen() throws {
    guard let address = SocketAddress(.unix(path: path)) else { return }
    let socket = try ListeningSocket.open(address)
    let raw = socket.descriptor.raw
    self.socket = consume socket
    token = try loop.watch(raw, .read, name: "simulated service") { [unowned self] _ in
      while let client = try? self.socket?.accept() { take(client) }
    }
  }

  private func take(_ client: consuming FileDescriptor) {
    lastID += 1
    let id = lastID
    let connection = SimulatedConnection(
      client, onEvent: { [unowned self] in receive($1, $0) },
      onClose: { [unowned self] in connections[id] = nil })
    connections[id] = connection
    connection.setReading(mood != .deaf)
  }

  private func receive(_ event: WyomingEvent, _ connection: SimulatedConnection) {
    if mood == .mute || mood == .absent { return }
    switch event {
    case .describe: connection.send([.info(Self.info)])
    case .ping(let text): connection.send([.pong(text: text)])
    case .detect: connection.isWake = true
    case .transcribe: connection.isHearing = true
    case .audioStop where connection.isHearing: answer(connection, [.transcript(text: transcript)])
    case .synthesize(let text, _): speak(text, connection)
    case .recognize(let text), .transcript(let text, _): answer(connection, [understood(text)])
    default: break
    }
  }

  private func understood(_ text: String) -> WyomingEvent {
    if text.hasPrefix("make it") {
      return .intent(WyomingIntent(name: "thing_on", entities: [.init("thing", .string("lamp"))]))
    }
    return text.hasPrefix("tell") ? .handled(text: "Knock knock.") : .notRecognized(text: nil)
  }

  private func answer(_ connection: SimulatedConnection, _ events: [WyomingEvent]) {
    after(delay, connection) { [unowned self] connection in
      switch mood {
      case .mute, .deaf, .absent: break
      case .error:
        connection.send([.error(text: "simulated trouble", code: random.isTrue(0.5) ? "busy" : nil)])
      case .garbage: connection.sendGarbage(&random)
      case .hangUp: connection.close()
      case .halfway: connection.sendHalf(events)
      case .twice: connection.send(events + events)
      case .well, .slow: connection.send(events)
      }
    }
  }

  /// 40 ms of sound a letter, in pieces of 200 ms that come faster than they are heard.
  private func speak(_ text: String, _ connection: SimulatedConnection) {
    guard mood == .well || mood == .slow || mood == .twice else { return answer(connection, []) }
    let pieces = max(1, text.utf8.count / 5)
    let started = delay
    after(started, connection) { $0.send([.audioStart(WyomingAudio(.speech))]) }
    for piece in 0..<pieces {
      after(started + .milliseconds(20 * (piece + 1)), connection) { $0.sendSound(milliseconds: 200) }
    }
    after(started + .milliseconds(20 * (pieces + 2)), connection) { $0.send([.audioStop()]) }
  }

  private var delay: Duration {
    mood == .slow ? random.milliseconds(500...12_000) : random.milliseconds(5...300)
  }

  private func after(
    _ delay: Duration, _ connection: SimulatedConnection,
    _ body: @escaping @LoopActor (SimulatedConnection) -> Void
  ) {
    _ = loop.after(delay, name: "simulated service") { [weak connection] in
      if let connection, connection.isOpen { body(connection) }
    }
  }

  private static let info: WyomingInfo = {
    let program = [WyomingProgram(name: "simulated")]
    return WyomingInfo([.asr: program, .tts: program, .handle: program, .intent: program, .wake: program])
  }()
}
