// SPDX-License-Identifier: Apache-2.0
import Glibc
import HTTPClient
import HTTPTransport
import Intents
import Loop
import Posix
import Workers

/// The servers of a campaign, and what is done to them while requests are on their way.
@LoopActor final class Places {
  /// Servers of the moving name, one after the other.
  private static let homes = ["127.0.0.2", "127.0.0.3"]

  let here: FaultServer
  let victim: FaultServer
  let steady: FaultServer
  private let moving: FaultServer?
  private let options: Options
  private var silentNames = 0
  private var isPulledOut = false
  private let loop = LoopActor.shared.loop

  init(_ options: Options) async throws {
    self.options = options
    here = try await FaultServer(options.server)
    victim = try await FaultServer(options.server)
    steady = try await FaultServer(options.server)
    moving = options.hosts == nil ? nil : try await FaultServer(options.server, address: Self.homes[0])
    try tellHome()
  }

  var manners: [Manner] { Manner.anywhere + (options.far == nil ? [] : Manner.network) }

  /// A worker's address.
  func base(_ manner: Manner, health: String) -> String {
    let ports = here.ports
    switch manner.place {
    case .here: return "\(here.base)/\(manner.name).\(health)"
    case .deaf: return "http://127.0.0.1:\(ports.deaf)/ok.ok"
    case .blackHole: return "http://127.0.0.1:\(ports.full)/ok.ok"
    case .nobody: return "http://127.0.0.1:\(ports.nobody)/ok.ok"
    case .resets: return "http://127.0.0.1:\(ports.resets)/ok.ok"
    case .deafToTLS: return "https://127.0.0.1:\(ports.deaf)/ok.ok"
    case .plainToTLS: return "https://127.0.0.1:\(ports.http)/ok.ok"
    case .victim: return "\(victim.base)/ok.\(health)"
    case .silentName:
      silentNames += 1
      return "http://worker\(silentNames % 100).silent.example:80/ok.ok"
    case .unknownName: return "http://nobody.invalid:80/ok.ok"
    case .movingName: return "http://moving.test:\(moving?.ports.http ?? 0)/ok.\(health)"
    case .far: return "http://\(options.far ?? "")/ok.\(health)"
    }
  }

  // MARK: What happens to them

  func kill(back pause: Duration) {
    victim.kill()
    _ = loop.after(pause, name: "restart") { [self] in victim.restart() }
  }

  func stop(for pause: Duration) {
    victim.pause()
    _ = loop.after(pause, name: "go on") { [self] in victim.goOn() }
  }

  /// The server goes to another address, and its name follows.
  func move() throws {
    guard let moving else { return }
    moving.restart(at: moving.address == Self.homes[0] ? Self.homes[1] : Self.homes[0])
    try tellHome()
  }

  /// Frames for the other end go to nobody: silence for connections that stand and for new ones.
  func pullCable(for pause: Duration) throws {
    guard let far = options.far?.split(separator: ":").first.map(String.init), !isPulledOut else { return }
    isPulledOut = true
    let wrong = ["lladdr", "02:00:00:00:00:99", "dev", "cable", "nud", "permanent"]
    try run(["ip", "neigh", "replace", far] + wrong)
    _ = loop.after(pause, name: "cable") { [self] in
      isPulledOut = false
      do { try run(["ip", "neigh", "del", far, "dev", "cable"]) } catch { say("cable: \(error)") }
    }
  }

  private func tellHome() throws {
    guard let hosts = options.hosts, let moving else { return }
    let file = try FileDescriptor.open(hosts, O_WRONLY | O_TRUNC)
    let lines = "127.0.0.1 localhost\n\(moving.address) moving.test\n"
    _ = try file.write(ArraySlice(lines.utf8))
  }

  private func run(_ arguments: [String]) throws {
    _ = try Spawn.child(Program(arguments, output: .null, error: .null)) { status in
      if !status.isSuccess { say("\(arguments.joined(separator: " ")): \(status)") }
    }
  }
}

/// The realms of a campaign, each with a protocol.
enum Protocol: String, CaseIterable {
  case openai = "$CHAT"
  case anthropic = "$ASK"
  case rentAHal = "$HAL"
  case speech = "$SPEAK"

  @LoopActor func worker(_ name: String, _ base: String, _ session: HTTPSession) throws -> HTTPWorker {
    var settings = HTTPWorkerSettings(try HTTPURL(base))
    settings.answerMaxBytes = 1 << 20
    settings.connectTimeout = .milliseconds(400)
    switch self {
    case .openai: return try HTTPWorker(name, settings, openai: OpenAIDialect(.chat), session: session)
    case .anthropic:
      return try HTTPWorker(name, settings, anthropic: AnthropicDialect(model: "m"), session: session)
    case .rentAHal:
      return try HTTPWorker(name, rentAHal: base, RentAHalDialect(.chat), session: session) { $0 = settings }
    case .speech: return try HTTPWorker(name, settings, openai: OpenAIDialect(.speak), session: session)
    }
  }

  /// Whether a completed intent has the right answer.
  func isRight(_ answer: Payload, to prompt: String) -> Bool {
    let text = "echo \(prompt) end"
    if self != .speech { return answer.text == text && answer.media.isEmpty }
    return answer.audio?.bytes == Array("RIFF\0\0\0\0WAVE\(text)".utf8)
  }
}
