// SPDX-License-Identifier: Apache-2.0
import Glibc
import Posix
import Runtime

/// A daemon of a command's own, for as long as the command runs, when none is running: what can be
/// tried with `mtor run` in another terminal can be tried without.
struct TemporaryDaemon: ~Copyable {
  /// Longest wait until it answers, and until it has ended.
  private static let startMaxMS = 5000
  private static let stopMaxMS: Int32 = 6000

  /// In its environment: it removes its runtime directory when it ends, however its parent ended.
  static let variable = "MTOR_TEMPORARY"

  let directory: String
  private var child: ChildProcess

  /// Starts `mtor run` with the invocation's configuration and waits until it can be asked.
  /// - Throws: `.unavailable` when it does not come up; its own words are on standard error.
  static func start(_ invocation: Invocation, microphone: Bool) throws(CommandFailure) -> TemporaryDaemon {
    let directory = try PrivateDirectory.make()
    var words = ["/proc/self/exe", "run", "--log-level", "warning"]
    if !microphone { words.append("--no-microphone") }
    for option in ["config", "board"] {
      if let value = invocation.value(option) { words += ["--\(option)", value] }
    }
    let environment = ServiceManager.environmentLines.filter { !$0.hasPrefix("MTOR_RUNTIME_DIR=") }
    let program = Program(
      words, environment: environment + ["MTOR_RUNTIME_DIR=\(directory)", "\(Self.variable)=1"])
    do throws(SystemError) {
      var child = try ChildProcess.spawn(program)
      if answers(&child, directory) { return TemporaryDaemon(directory: directory, child: child) }
    } catch {
      throw CommandFailure(.software, "\(error)")
    }
    throw CommandFailure(.unavailable, "no mtor is running, and one of this command's own did not start.")
  }

  private init(directory: String, child: consuming ChildProcess) {
    self.directory = directory
    self.child = child
  }

  /// Waits until its control socket listens; false when the child ends first, or takes too long.
  private static func answers(_ child: inout ChildProcess, _ directory: String) -> Bool {
    for _ in 0..<startMaxMS / 10 {
      if DaemonAccess.isRunning(directory) { return true }
      if child.reap() != nil { return false }
      _ = poll(nil, 0, 10)
    }
    return false
  }

  /// Ends it: outputs go into their safe state.
  consuming func stop() {
    child.signal(SIGTERM)
    var exit = pollfd(fd: child.exitDescriptor.raw, events: Int16(POLLIN), revents: 0)
    _ = poll(&exit, 1, Self.stopMaxMS)
    _ = child.reap()
  }
}

/// A directory of this process alone, below `TMPDIR`.
enum PrivateDirectory {
  static func make() throws(CommandFailure) -> String {
    do throws(SystemError) {
      return try Directory.makePrivate(in: ServiceManager.environment("TMPDIR") ?? "/tmp", prefix: "mtor")
    } catch { throw CommandFailure(.unavailable, "\(error). TMPDIR names another.") }
  }

  /// With what is in it; a leftover is not worth a failure.
  static func remove(_ directory: String) {
    guard var child = try? ChildProcess.spawn(Program(["rm", "-rf", directory])) else { return }
    var exit = pollfd(fd: child.exitDescriptor.raw, events: Int16(POLLIN), revents: 0)
    _ = poll(&exit, 1, 5000)
    _ = child.reap()
  }
}

/// The daemon that a command asks: the running one, else one of its own.
enum DaemonAccess {
  /// Calls `body` with the runtime directory of a daemon, and whether it is the command's own.
  static func use<Value>(
    _ invocation: Invocation, microphone: Bool = false,
    _ body: (_ directory: String, _ isOwn: Bool) throws(CommandFailure) -> Value
  ) throws(CommandFailure) -> Value {
    let directory = RuntimeDirectory.path()
    if isRunning(directory) { return try body(directory, false) }
    let own = try TemporaryDaemon.start(invocation, microphone: microphone)
    let result: Result<Value, CommandFailure>
    do throws(CommandFailure) {
      result = .success(try body(own.directory, true))
    } catch { result = .failure(error) }
    own.stop()
    return try result.get()
  }

  static func isRunning(_ directory: String) -> Bool {
    do throws(ControlError) {
      _ = try ControlClient(directory: directory)
      return true
    } catch { return false }
  }
}
