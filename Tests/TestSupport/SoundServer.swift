// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A private sound server of scripts/sound-server, for one suite. Its PCMs: `mic` hears what is
/// played on `micin`; `spkmon` hears what is played on `spk`.
public final class SoundServer: @unchecked Sendable {
  // SAFETY: used by the tests of one serialised suite, one after another.

  /// What is missing for it on this machine; nil: it can run.
  public static let obstacle: String? =
    isThere("/usr/bin/pulseaudio") && isThere("/usr/share/alsa/alsa.conf")
    ? nil : "pulseaudio is not installed"

  /// The one of this process, whose libasound reads its configuration path from the environment once.
  public static let shared: SoundServer = {
    let server = SoundServer()
    for (name, value) in server.values where name != "SOUND_SERVER_PID" { setenv(name, value, 1) }
    return server
  }()

  private let directory = TemporaryDirectory()
  private var script: pid_t = 0
  private var values: [String: String] = [:]

  /// `NAME=value` lines for programs that are to use this server.
  public var environment: [String] { values.map { "\($0)=\($1)" } }

  public init() { start() }

  deinit { crash() }

  /// Starts the server and waits until it is ready.
  public func start() {
    let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let output = spawn(["/\(root)/scripts/sound-server", directory.path])
    for line in output.split(separator: "\n") {
      let parts = line.split(separator: "=", maxSplits: 1).map(String.init)
      if parts.count == 2 { values[parts[0]] = parts[1] }
    }
  }

  /// Ends the server as a crash would.
  public func crash() {
    guard script > 0 else { return }
    if let pid = values["SOUND_SERVER_PID"].flatMap({ pid_t($0) }) { kill(pid, SIGKILL) }
    waitpid(script, nil, 0)
    script = 0
  }

  /// The output of a program up to its end of file, which the script sends when it is ready.
  private func spawn(_ arguments: [String]) -> String {
    var pipes: [Int32] = [0, 0]
    precondition(pipe(&pipes) == 0, "no pipe for the sound server")
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawn_file_actions_adddup2(&actions, pipes[1], 1)
    posix_spawn_file_actions_addclose(&actions, pipes[0])
    posix_spawn_file_actions_addclose(&actions, pipes[1])
    // A thread of Dispatch has most signals blocked; its children must not inherit that.
    var attributes = posix_spawnattr_t()
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_init(&attributes)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    var argv = arguments.map { strdup($0) } + [nil]
    let code = posix_spawn(&script, arguments[0], &actions, &attributes, &argv, environ)
    precondition(code == 0, "\(arguments[0]): \(String(cString: strerror(code)))")
    posix_spawn_file_actions_destroy(&actions)
    posix_spawnattr_destroy(&attributes)
    for argument in argv { free(argument) }
    close(pipes[1])
    defer { close(pipes[0]) }
    var output: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while case let count = read(pipes[0], &buffer, buffer.count), count > 0 { output += buffer.prefix(count) }
    return String(decoding: output, as: UTF8.self)
  }

  private static func isThere(_ path: String) -> Bool { access(path, R_OK) == 0 }
}
