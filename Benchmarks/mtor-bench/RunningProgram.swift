// SPDX-License-Identifier: Apache-2.0
import Configuration
import Glibc
import Loop
import Posix
import Runtime
import Time

/// `mtor run` as a child, whose log is read.
@LoopActor final class RunningProgram {
  private var child: Child?
  private var readers: [LineReader] = []
  private var awaited: [String] = []
  private var waiter: Waiter<Void>?
  private var lastLine = ""
  private let loop = LoopActor.shared.loop

  let pid: Int32

  /// A configuration, the sample unless told otherwise, on board `sim`.
  /// - Parameter microphone: a PCM of the studio; nil: off.
  init(
    _ studio: Studio, microphone: String?, configuration: String = ConfigurationTexts.sample,
    environment: [String] = []
  ) throws {
    let path = "\(studio.directory)/mtor.yml"
    var settings = try ConfigurationReader().read(text: configuration, name: "bench", board: "sim")
    settings.microphone.source = microphone.map { .alsa($0) } ?? .off
    settings.speaker.device = "spk"
    try ConfigurationTexts.effective(settings).write(to: path)
    let own = ["MTOR_RUNTIME_DIR=\(studio.directory)/run"] + environment
    let program = Program(
      [sibling("mtor"), "run", "--config", path, "--board", "sim", "--log-level", "info"],
      environment: Self.environment(without: ["NOTIFY_SOCKET", "MTOR_RUNTIME_DIR"]) + own, error: .pipe)
    var ended: (@LoopActor (ChildStatus) -> Void)?
    let child = try Child(program) { ended?($0) }
    pid = child.pid
    self.child = child
    readers = try child.readLines { [unowned self] in receive($0) }
    ended = { [weak self] status in self?.ended(status) }
  }

  /// Returns when each text has been in a line of the log.
  func wait(for texts: [String]) async throws {
    awaited = texts
    try await loop.wait(on: "mtor", until: loop.now + .seconds(20)) { waiter = $0 }
  }

  /// Ends it and returns when it has ended.
  func end() async throws {
    try await loop.wait(on: "mtor's end", until: loop.now + .seconds(10)) { (waiter: Waiter<Void>) in
      self.waiter = waiter
      awaited = ["\n"]
      stop()
    }
  }

  func stop() { child?.stop(grace: .seconds(8)) }

  private func receive(_ line: String) {
    lastLine = line
    let wasWaiting = !awaited.isEmpty
    awaited.removeAll(where: line.contains)
    if wasWaiting, awaited.isEmpty { waiter?.resume(returning: ()) }
  }

  private func ended(_ status: ChildStatus) {
    for reader in readers { reader.finish() }
    readers = []
    if awaited == ["\n"] { return waiter?.resume(returning: ()) ?? () }
    waiter?.resume(throwing: Failure(what: "mtor ended with \(status): \(lastLine)"))
  }

  private static func environment(without names: [String]) -> [String] {
    var lines: [String] = []
    var next = environ
    while let line = next.pointee {
      lines.append(String(cString: line))
      next += 1
    }
    return lines.filter { line in !names.contains { line.hasPrefix("\($0)=") } }
  }
}

extension String {
  /// Replaces the file at `path`.
  func write(to path: String) throws(SystemError) {
    let file = try FileDescriptor.open(path, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644)
    var rest = Array(utf8)[...]
    while !rest.isEmpty { rest = rest.dropFirst(try file.write(rest)) }
  }
}
