// SPDX-License-Identifier: Apache-2.0
import Glibc
import Loop
import Posix

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
    case .program: return ""
    }
  }

  /// The command line of a program that behaves so.
  func command(_ manner: Manner) -> [String] {
    manner.name == "missing" ? ["/nonexistent/program"] : ["perl", options.program, manner.name]
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
  func pullCable(for pause: Duration) {
    guard let far = options.far?.split(separator: ":").first.map(String.init), !isPulledOut else { return }
    isPulledOut = true
    let wrong = ["lladdr", "02:00:00:00:00:99", "dev", "cable", "nud", "permanent"]
    run(["ip", "neigh", "replace", far] + wrong)
    _ = loop.after(pause, name: "cable") { [self] in
      isPulledOut = false
      run(["ip", "neigh", "del", far, "dev", "cable"])
    }
  }

  private func tellHome() throws {
    guard let hosts = options.hosts, let moving else { return }
    let file = try FileDescriptor.open(hosts, O_WRONLY | O_TRUNC)
    let lines = "127.0.0.1 localhost\n\(moving.address) moving.test\n"
    _ = try file.write(ArraySlice(lines.utf8))
  }

  private func run(_ arguments: [String]) {
    let program = Program(arguments, output: .null, error: .null)
    func note(_ what: @autoclosure () -> String) { say("\(arguments.joined(separator: " ")): \(what())") }
    Child.start(program, onExit: { if !$0.isSuccess { note("\($0)") } }) { result in
      if case .failure(let error) = result { note("\(error)") }
    }
  }
}
