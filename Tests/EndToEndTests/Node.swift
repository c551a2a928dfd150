// SPDX-License-Identifier: Apache-2.0
import Glibc
import JSON
import Loop
import Posix
import TestSupport
import Time

@testable import Runtime

/// A real `mtor run` in a directory of its own, watched through its log and the command line.
@LoopActor final class Node {
  /// For anything to happen, on a machine that is busy with other tests.
  static let patience: Duration = .seconds(30)
  /// Descriptors that a daemon in use has more than one that is ready: its store, connections to its workers, a
  /// child's pipes, and at a sound server eight for the microphone and eight for the loudspeaker.
  private static let descriptorsMore = 24

  let directory: TemporaryDirectory
  private(set) var log: [String] = []
  private(set) var status: ChildStatus?
  private var child: Child?
  private var readers: [LineReader] = []
  /// Lines before it were found already.
  private var cursor = 0
  private var wake: Waiter<Void>?
  private let environment: [String]
  /// What ends with it.
  var peer: RawPeer?
  private var loop: EventLoop { LoopActor.shared.loop }

  /// Starts the program; `{dir}` in the configuration is the node's directory.
  /// - Parameter arguments: of `mtor run`, after the configuration.
  init(
    _ configuration: String, in directory: TemporaryDirectory = TemporaryDirectory(),
    environment: [String] = [], arguments: [String] = []
  ) throws {
    self.directory = directory
    self.environment = environment + ["MTOR_RUNTIME_DIR=\(directory.path)", "SWIFT_BACKTRACE=enable=no"]
    configure(configuration)
    directory.write("microphone", Self.microphoneProgram)
    if access(directory.file("heard"), F_OK) != 0 { directory.write("heard", "") }
    let program = Program(
      [Programs.path("mtor"), "run", "--config", directory.file("mtor.yml")] + arguments,
      environment: self.environment + Programs.environment, output: .pipe, error: .pipe)
    let child = try Child(program) { [unowned self] status in
      for reader in readers { reader.finish() }
      self.status = status
      wake.take()?.resume(returning: ())
    }
    self.child = child
    readers = try child.readLines { [unowned self] line in
      log.append(line)
      wake.take()?.resume(returning: ())
    }
  }

  /// Runs `body` with a node that is ready, and ends it whatever happens.
  static func run(
    _ configuration: String, in directory: TemporaryDirectory = TemporaryDirectory(),
    environment: [String] = [], _ body: @LoopActor (Node) async throws -> Void
  ) async throws {
    let node = try Node(configuration, in: directory, environment: environment)
    do {
      try await node.find("ready: board")
      node.rewind()
      let before = Descriptors.open(of: node.pid)
      try await body(node)
      let after = Descriptors.open(of: node.pid)
      if after.values.reduce(0, +) > before.values.reduce(0, +) + descriptorsMore {
        throw NodeError("left descriptors open: \(before) became \(after)", node)
      }
    } catch {
      try await node.end(SIGKILL)
      throw error
    }
    try await node.end(SIGTERM)
    if node.status != .exited(0) {
      throw NodeError("ended with \(node.status.map(String.init(describing:)) ?? "?")", node)
    }
  }

  /// Writes the configuration file.
  func configure(_ text: String) {
    directory.write("mtor.yml", text.replacing("{dir}", with: directory.path))
  }

  func signal(_ signal: Int32) {
    if let child, status == nil { kill(child.pid, signal) }
  }

  var pid: Int32 { child?.pid ?? 0 }

  /// Sends a signal and waits for the end.
  func end(_ signal: Int32) async throws {
    self.signal(signal)
    while status == nil { try await change("its end") }
    peer?.stop()
  }

  /// Waits for a line of the log that contains all of `texts`, after those found before.
  @discardableResult func find(_ texts: String...) async throws -> String {
    let limit = loop.now + Self.patience
    while true {
      while cursor < log.count {
        cursor += 1
        if texts.allSatisfy(log[cursor - 1].contains) { return log[cursor - 1] }
      }
      if status != nil { throw NodeError("ended without '\(texts)'", self) }
      do { try await change("'\(texts)'", until: limit) } catch is DeadlineExceeded {
        throw NodeError("no line with \(texts)", self)
      }
    }
  }

  /// Lets the next `find` begin with the first line: for what has no order among the rest.
  func rewind() { cursor = 0 }

  /// How many lines so far contain `text`.
  func count(_ text: String) -> Int { log.count { $0.contains(text) } }

  private func change(_ what: String, until limit: Instant? = nil) async throws {
    try await loop.wait(on: what, until: limit ?? loop.now + Self.patience) { wake = $0 }
  }

  // MARK: The person

  /// Lets the microphone of `Node.microphone` hear these samples.
  func hear(_ samples: [Int16]) throws {
    let file = try FileDescriptor.open(directory.file("heard"), O_WRONLY | O_APPEND)
    try samples.withUnsafeBytes { bytes in
      var rest = bytes
      while !rest.isEmpty {
        rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(try file.write(rest)))
      }
    }
  }

  /// A microphone that hears what `hear` gives it, in real time, and the room's noise before and after.
  nonisolated static let microphone = #"microphone: {command: [perl, "{dir}/microphone", "{dir}/heard"]}"#

  /// 20 ms at a time; mtor holds it back when it is too fast.
  private static let microphoneProgram = #"""
    open(my $file, "<:raw", $ARGV[0]) or die "$ARGV[0]: $!";
    my @room = map { pack("s<*", map { int(rand(200)) - 100 } 1..320) } 1..50;
    my ($heard, $frame) = ("", 0);
    while (1) {
      my $count = sysread($file, $heard, 640 - length($heard), length($heard));
      my $isWhole = length($heard) == 640;
      next if $count && !$isWhole;
      syswrite(STDOUT, $isWhole ? $heard : $room[$frame++ % 50]) or exit;
      $isWhole ? $heard = "" : select(undef, undef, undef, 0.02);
    }

    """#

  /// Runs the command line on this node.
  @discardableResult
  func mtor(_ arguments: String...) async throws -> (code: Int32, output: String) {
    try await Programs.run([Programs.path("mtor")] + arguments, environment: environment)
  }

  /// What `mtor status --json` says.
  func report() async throws -> StatusReport {
    try JSONText.decode(StatusReport.self, from: Array(try await mtor("status", "--json").output.utf8))
  }

  /// Waits until `condition` of `mtor status` holds.
  func report(until condition: (StatusReport) -> Bool) async throws {
    let limit = loop.now + Self.patience
    while !condition(try await report()) {
      if loop.now > limit { throw NodeError("status is not as expected", self) }
    }
  }
}

struct NodeError: Error, CustomStringConvertible {
  let description: String

  @LoopActor init(_ what: String, _ node: Node) {
    description = "\(what); its log:\n\(node.log.suffix(30).joined(separator: "\n"))"
  }
}

/// The programs that were built with the tests.
@LoopActor enum Programs {
  nonisolated static func path(_ name: String) -> String {
    "\(OwnProgram.directory ?? ".build/debug")/\(name)"
  }

  /// What every program gets: no user's configuration; what sanitizers and coverage need.
  nonisolated static var environment: [String] {
    let instruments = ["TSAN_OPTIONS", "ASAN_OPTIONS", "LSAN_OPTIONS", "LLVM_PROFILE_FILE"]
    return (["PATH", "HOME", "TMPDIR"] + instruments).compactMap { (name: String) in
      ServiceManager.environment(name).map { "\(name)=\($0)" }
    }
  }

  /// Runs a program to its end, output and errors together.
  static func run(
    _ arguments: [String], environment: [String] = []
  ) async throws -> (code: Int32, output: String) {
    let loop = LoopActor.shared.loop
    var output = ""
    var readers: [LineReader] = []
    defer { for reader in readers { reader.close() } }
    let program = Program(
      arguments, environment: environment + Self.environment, output: .pipe, error: .pipe)
    let status = try await loop.wait(on: arguments.joined(separator: " "), until: loop.now + Node.patience) {
      (waiter: Waiter<ChildStatus>) in
      do throws(SystemError) {
        let child = try Child(program) { status in
          for reader in readers { reader.finish() }
          waiter.resume(returning: status)
        }
        waiter.onAbandon { child.signal(SIGKILL) }
        // One line of JSON may be long.
        if let pipe = child.output.take() {
          readers.append(try LineReader(pipe, lineBytesMax: 1 << 20) { output += $0 + "\n" })
        }
        if let pipe = child.error.take() {
          readers.append(try LineReader(pipe) { output += $0 + "\n" })
        }
      } catch { waiter.resume(throwing: error) }
    }
    if case .exited(let code) = status { return (code, output) }
    return (-1, "\(output)\(status)")
  }
}
