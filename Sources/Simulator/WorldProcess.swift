// SPDX-License-Identifier: Apache-2.0
import Glibc
import Loop
import Posix
import Runtime
import Spelling
import Time

/// One world as a child process: its trace is read, its end judged.
@LoopActor final class WorldProcess {
  struct Failure: Error {
    var reason: String
    var lines: [String]
  }
  typealias Result = Swift.Result<WorldSummary, Failure>

  private let seed: UInt64
  private let options: SimulatorOptions
  private let onEnd: @LoopActor (Result) -> Void
  private let loop = LoopActor.shared.loop
  private var child: Child?
  private var readers: [LineReader] = []
  private var lines: [String] = []
  private var next = 0
  private var summary: WorldSummary?
  private var broken: String?
  private var timer: TimerToken?
  private var hangs = false
  private var directory = ""

  init(_ seed: UInt64, _ options: SimulatorOptions, onEnd: @escaping @LoopActor (Result) -> Void) {
    self.seed = seed
    self.options = options
    self.onEnd = onEnd
  }

  func start() {
    do {
      directory = try Self.makeDirectory()
      var arguments = [
        "/proc/self/exe", "--world", "\(seed)", "--hours", "\(options.hours)", "--directory", directory,
      ]
      if let sabotage = options.sabotage { arguments += ["--sabotage", sabotage.rawValue] }
      // The order of a Set is part of the course of things: the same for each process.
      let counters = ServiceManager.environment("LLVM_PROFILE_FILE").map { ["LLVM_PROFILE_FILE=\($0)"] } ?? []
      let environment =
        ["SWIFT_DETERMINISTIC_HASHING=1", "TZ=UTC", "NO_COLOR=1", "SWIFT_BACKTRACE=enable=no"] + counters
      let child = try Child(Program(arguments, environment: environment, output: .pipe, error: .pipe)) {
        [self] in ended($0)
      }
      self.child = child
      readers = try child.readLines { [unowned self] in take($0) }
      timer = loop.after(Campaign.realTimeMax, name: "world") { [unowned self] in
        hangs = true
        self.child?.signal(SIGKILL)
      }
    } catch {
      onEnd(.failure(Failure(reason: "its process cannot be started: \(error)", lines: [])))
    }
  }

  private func take(_ line: String) {
    if options.writesTrace { Console.write("\(line)\n") }
    if let summary = WorldSummary(line) { self.summary = summary }
    if let range = line.firstRange(of: "BROKEN    ") { broken = String(line[range.upperBound...]) }
    if lines.count < Campaign.linesShown { return lines.append(line) }
    lines[next] = line
    next = (next + 1) % lines.count
  }

  private func ended(_ status: ChildStatus) {
    for reader in readers { reader.finish() }
    readers = []
    if let timer { loop.cancel(timer) }
    Disk.remove(directory)
    if let summary, status.isSuccess { return onEnd(.success(summary)) }
    let inOrder = Array(lines[next...] + lines[..<next])
    let reason =
      hangs
      ? "no end within \(Campaign.realTimeMax): time stands still"
      : broken ?? "the process ended with \(status)"
    onEnd(.failure(Failure(reason: reason, lines: inOrder)))
  }

  private static func makeDirectory() throws(SystemError) -> String {
    // In memory where that is possible: real disks have their own times.
    try Directory.makePrivate(in: access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp", prefix: "mtor-sim")
  }
}
