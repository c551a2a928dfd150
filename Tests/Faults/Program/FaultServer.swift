// SPDX-License-Identifier: Apache-2.0
import Glibc
import Loop
import Posix
import Runtime
import Time

/// server.py as a process: started, stopped, killed and started again at the same port.
@LoopActor final class FaultServer {
  struct Ports {
    var http: UInt16
    var deaf: UInt16
    var full: UInt16
    var nobody: UInt16
    var resets: UInt16
  }

  struct NotStarted: Error, CustomStringConvertible {
    let program: String
    var description: String { "\(program) did not start within 20 s. Is python3 installed?" }
  }

  let program: String
  private(set) var address: String
  private(set) var ports = Ports(http: 0, deaf: 0, full: 0, nobody: 0, resets: 0)
  private(set) var isUp = false
  private var child: Child?
  private var output: [LineReader] = []
  private var waiter: Waiter<Void>?
  private let loop = LoopActor.shared.loop

  init(_ program: String, address: String = "127.0.0.1") async throws {
    self.program = program
    self.address = address
    begin()
    try await listening()
  }

  var pid: Int32 { child?.pid ?? 0 }
  var base: String { "http://\(address):\(ports.http)" }

  func listening() async throws {
    if isUp { return }
    do {
      try await loop.wait(on: "a server", until: loop.now + .seconds(20)) { waiter = $0 }
    } catch is DeadlineExceeded { throw NotStarted(program: program) }
  }

  /// kill -9.
  func kill() { child?.signal(SIGKILL) }
  func pause() { child?.signal(SIGSTOP) }
  func goOn() { child?.signal(SIGCONT) }

  /// Starts it anew, where it was or elsewhere; what runs is killed first.
  func restart(at address: String? = nil) {
    self.address = address ?? self.address
    if child == nil, !isStarting { return begin() }
    wantsRestart = true
    kill()
  }

  private var isStarting = false
  private var wantsRestart = false

  private func begin() {
    isStarting = true
    Child.start(
      Program(["python3", program, address, String(ports.http)], output: .pipe, error: .null),
      onExit: { [weak self] _ in self?.ended() }, done: { [weak self] in self?.begun($0) })
  }

  private func begun(_ result: Result<Child, SystemError>) {
    isStarting = false
    do throws(SystemError) {
      let child = try result.get()
      self.child = child
      output = try child.readLines { [weak self] in self?.receive($0) }
    } catch { say("\(program): \(error)") }
    if wantsRestart { kill() }
  }

  private func receive(_ line: String) {
    let numbers = line.split(separator: " ").compactMap { UInt16($0) ?? (Int32($0) != nil ? 0 : nil) }
    guard numbers.count == 6 else { return }
    ports = Ports(
      http: numbers[0], deaf: numbers[1], full: numbers[2], nobody: numbers[3], resets: numbers[4])
    isUp = true
    waiter.take()?.resume(returning: ())
  }

  private func ended() {
    child = nil
    isUp = false
    for reader in output { reader.finish() }
    output = []
    if wantsRestart {
      wantsRestart = false
      begin()
    }
  }
}
