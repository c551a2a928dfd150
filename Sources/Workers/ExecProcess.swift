// SPDX-License-Identifier: Apache-2.0
import Glibc
import Intents
import Log
import Loop
import Posix
import Time

/// A process of an `ExecWorker`: gets requests as lines, gives lines.
@LoopActor final class ExecProcess {
  /// What it says to its standard error goes into the log, so many lines for a request.
  static let saidMax = 20
  /// From SIGTERM to SIGKILL.
  static let grace = Duration.seconds(2)

  var onLine: (@LoopActor (String) -> Void)?
  var onEnd: (@LoopActor (ChildStatus) -> Void)?
  private(set) var isOver = false
  /// The last line it said to its standard error.
  private(set) var lastWords = ""
  var idleSince = Instant.zero
  var pid: Int32 { child?.pid ?? 0 }

  private let log: Logger
  private let worker: String
  private var child: Child?
  private var input: PipeWriter?
  private var readers: [LineReader] = []
  private var said = 0
  private var asked = 0

  /// Starts a program; `done` is called once, after this has returned: with the process, or with a
  /// `SystemError` naming the program.
  static func start(
    _ program: Program, of worker: String, lineMaxBytes: Int, log: Logger,
    done: @escaping @LoopActor (Result<ExecProcess, SystemError>) -> Void
  ) {
    let process = ExecProcess(of: worker, log)
    // Its exit keeps the object.
    Child.start(program, onExit: { process.ended($0) }) { result in
      do throws(SystemError) {
        try process.attach(try result.get(), lineMaxBytes)
        done(.success(process))
      } catch {
        process.child?.signal(SIGKILL)
        done(.failure(error))
      }
    }
  }

  private init(of worker: String, _ log: Logger) {
    self.worker = worker
    self.log = log
  }

  private func attach(_ child: Child, _ lineMaxBytes: Int) throws(SystemError) {
    self.child = child
    if let input = child.input.take() { self.input = PipeWriter(input) }
    if let output = child.output.take() {
      readers.append(
        try LineReader(output, lineBytesMax: lineMaxBytes) { [weak self] in self?.onLine?($0) })
    }
    if let error = child.error.take() {
      readers.append(try LineReader(error) { [weak self] in self?.hear($0) })
    }
  }

  /// What its next request is called: an intent may come to it twice, and its answers must not be mixed up.
  func requestID(_ intent: Intent) -> String {
    asked += 1
    return "\(intent.id)/\(asked)"
  }

  /// One line of request; `isLast`: then the end of its input.
  func ask(_ line: [UInt8], isLast: Bool) {
    said = 0
    input?.write(line)
    if isLast { input?.finish() }
  }

  /// It and whatever it has started.
  func kill() { child?.signal(SIGKILL) }

  /// The end of its input, and of itself if it does not take the hint.
  func stop() {
    input?.finish()
    child?.stop(grace: Self.grace)
  }

  private func hear(_ line: String) {
    lastWords = String(line.prefix(300))
    said += 1
    if said <= Self.saidMax { log.info("\(worker): \(line)") }
  }

  private func ended(_ status: ChildStatus) {
    isOver = true
    for reader in readers { reader.finish() }
    input?.close()
    (readers, input, child) = ([], nil, nil)
    let onEnd = onEnd
    (self.onEnd, onLine) = (nil, nil)
    onEnd?(status)
  }
}

/// Writes to a pipe as much as it takes, when it takes it. What nobody reads goes with the pipe.
@LoopActor private final class PipeWriter {
  private let raw: Int32
  private var descriptor: FileDescriptor?
  private var pending: ArraySlice<UInt8> = []
  private var token: WatchToken?
  private var isFinished = false
  private let loop = LoopActor.shared.loop

  init(_ descriptor: consuming FileDescriptor) {
    raw = descriptor.raw
    self.descriptor = .some(descriptor)
  }

  func write(_ bytes: [UInt8]) {
    if isFinished { return }
    pending += bytes
    writeSome()
  }

  /// Nothing more comes: closes the pipe when all is written.
  func finish() {
    isFinished = true
    if token == nil { close() }
  }

  /// At once.
  func close() {
    if let token { loop.unwatch(token) }
    token = nil
    pending = []
    isFinished = true
    descriptor = nil
  }

  private func writeSome() {
    while !pending.isEmpty {
      let count = pending.withUnsafeBytes { Glibc.write(raw, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      if count < 0, errno == EAGAIN { return waitForRoom() }
      // It has ended, or closed its input: its exit or its answer tells why.
      if count < 0 { return close() }
      pending = pending.dropFirst(count)
    }
    if let token { loop.unwatch(token) }
    token = nil
    if isFinished { close() }
  }

  private func waitForRoom() {
    if token != nil { return }
    do throws(SystemError) {
      token = try loop.watch(raw, .write, name: "child input") { [weak self] _ in self?.writeSome() }
    } catch { close() }
  }
}
