// SPDX-License-Identifier: Apache-2.0
import Glibc
import Intents
import JSON
import Log
import Loop
import Posix
import Time

/// A program that does the work, and within which bounds.
public struct ExecSettings: Sendable {
  /// The program, looked up in PATH unless it contains a slash, and its arguments.
  public var arguments: [String]
  /// Address space of each process; nil: no limit.
  public var memoryMaxBytes: UInt64? = 1 << 30
  /// Processor time of each process, in whole seconds; nil: no limit but the deadline's.
  public var processorMax: Duration?
  public var niceness: Int32 = 0
  /// Processes that are started beforehand and kept; 0: one is started for each request, and ends with it.
  public var processesMin = 0
  /// Processes at the same time at most.
  public var processesMax = 1
  /// A kept process beyond `processesMin` ends after so long without work.
  public var idleMax = Duration.seconds(30)
  /// Of an answer, and of each line of it.
  public var answerMaxBytes = 8 << 20

  public init(_ arguments: [String]) { self.arguments = arguments }

  var isKept: Bool { processesMin > 0 }

  var program: Program {
    var program = Program(
      arguments, input: .pipe, output: .pipe, error: .pipe, niceness: niceness, isBatch: true,
      addressSpaceMax: memoryMaxBytes)
    program.processorSecondsMax = processorMax.map { UInt64(max(1, ($0.milliseconds / 1000).rounded(.up))) }
    return program
  }
}

/// A worker that is a program: JSON on its standard input, the answer on its standard output, line by line
/// as it comes (docs/workers.md). At the deadline it is killed with everything it has started.
@LoopActor public final class ExecWorker: Worker {
  public let name: String
  public let settings: ExecSettings
  /// One for all of them: names of workers come and go.
  private let log = Logger("programs")
  /// Kept processes without work; the one that was used last comes last.
  private var idle: [ExecProcess] = []
  private var atWork = 0
  private var starting = 0
  /// Calls for which processes are being started.
  private var waiting: [ExecCall] = []
  private var isRetired = false
  private var backoff = Backoff(first: .milliseconds(250), longest: .seconds(30))
  private var restartTimer: TimerToken?
  private var idleTimer: TimerToken?
  private let loop = LoopActor.shared.loop

  public init(_ name: String, _ settings: ExecSettings) {
    self.name = name
    self.settings = settings
    replenish()
  }

  /// Lines of kept processes that were dropped, since they answer an earlier request.
  public private(set) var strayLines = 0

  /// Processes that run now, with and without work, or are being started.
  public var processCount: Int { idle.count + atWork + starting }

  /// Alive when it can be started; what it is worth shows when it is asked.
  public func probe(until deadline: Instant) async -> ProbeResult {
    if idle.count + atWork > 0 { return .alive(capabilities) }
    replenish()
    let program = settings.arguments.first ?? ""
    if Self.isFound(program) { return .alive(capabilities) }
    let text = "there is no program '\(program)' that can be run. Is it installed?"
    return .dead(WorkerFailure(worker: name, .unreachable, text))
  }

  public func call(_ request: WorkerRequest, _ events: @escaping WorkerEvent.Handler) -> any WorkerCall {
    let call = ExecCall(self, request, events)
    do throws(DialectError) {
      try serve(call)
    } catch { call.failSoon(error) }
    return call
  }

  /// Processes without work end now, the others with their work.
  public func retire() {
    isRetired = true
    for process in idle { process.stop() }
    for call in waiting { call.fail(DialectError(.unreachable, "it was removed")) }
    waiting = []
    if let restartTimer { loop.cancel(restartTimer) }
    if let idleTimer { loop.cancel(idleTimer) }
    (restartTimer, idleTimer) = (nil, nil)
  }

  private var capabilities: Capabilities { Capabilities(slots: settings.processesMax) }

  private static func isFound(_ program: String) -> Bool {
    if program.contains("/") { return access(program, X_OK) == 0 }
    let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
    return path.split(separator: ":").contains { access("\($0)/\(program)", X_OK) == 0 }
  }

  // MARK: Processes

  private func serve(_ call: ExecCall) throws(DialectError) {
    if isRetired { throw DialectError(.unreachable, "it was removed") }
    if let process = idle.popLast() {
      atWork += 1
      return call.begin(with: process)
    }
    waiting.removeAll(where: \.isOver)
    if waiting.count >= starting {
      if processCount >= settings.processesMax {
        throw DialectError(.busy, "all \(settings.processesMax) of its processes are at work")
      }
      start()
    }
    waiting.append(call)
  }

  private func start() {
    starting += 1
    ExecProcess.start(settings.program, of: name, lineMaxBytes: settings.answerMaxBytes, log: log) {
      [self] result in
      starting -= 1
      switch result {
      case .success(let process): started(process)
      case .failure(let error): notStarted(DialectError(.unreachable, "\(error). Is it installed?"))
      }
    }
  }

  private func started(_ process: ExecProcess) {
    if let call = nextCall() {
      atWork += 1
      call.begin(with: process)
    } else if isRetired || !settings.isKept {
      process.kill()
    } else {
      rest(process)
      armIdleTimer()
    }
  }

  private func notStarted(_ error: DialectError) {
    if let call = nextCall() { call.fail(error) }
    if settings.isKept, !isRetired {
      log.once("start.\(name)", level: .error, "\(name): \(error.text)")
      restartLater()
    }
  }

  /// The first that still wants an answer.
  private func nextCall() -> ExecCall? {
    waiting.removeAll(where: \.isOver)
    return waiting.isEmpty ? nil : waiting.removeFirst()
  }

  /// A process has done its work and can do more.
  fileprivate func giveBack(_ process: ExecProcess) {
    atWork -= 1
    backoff.reset()
    if isRetired || processCount >= settings.processesMax { return process.stop() }
    rest(process)
    armIdleTimer()
  }

  /// A process that was at work is of no more use.
  fileprivate func lose() {
    atWork -= 1
    if !isRetired { restartLater() }
  }

  /// A kept process has said something while it had the next request already.
  fileprivate func dropped(_ lines: Int, of process: ExecProcess) {
    strayLines += lines
    log.once(
      "stray.\(name)",
      "\(name): process \(process.pid) said something to an earlier request after its answer; it was dropped")
  }

  private func rest(_ process: ExecProcess) {
    process.idleSince = loop.now
    process.onLine = { [weak self, unowned process] line in
      guard let self else { return }
      log.once(
        "chatter.\(name)",
        "\(name): process \(process.pid) says something that nobody asked for; it is ended")
      process.kill()
      forget(process)
    }
    process.onEnd = { [weak self, unowned process] status in
      guard let self else { return }
      log.once("end.\(name)", "\(name): a process without work ended with \(status)")
      forget(process)
    }
    idle.append(process)
  }

  /// It gets no more work: it has ended, or is about to.
  private func forget(_ process: ExecProcess) {
    (process.onLine, process.onEnd) = (nil, nil)
    idle.removeAll { $0 === process }
    if !isRetired { restartLater() }
  }

  /// Until there are as many as are to be kept.
  private func replenish() {
    while settings.isKept, !isRetired, processCount < min(settings.processesMin, settings.processesMax) {
      start()
    }
  }

  private func restartLater() {
    guard settings.isKept, restartTimer == nil, processCount < settings.processesMin else { return }
    restartTimer = loop.after(backoff.next(using: &loop.random), name: "restart process") { [weak self] in
      self?.restartTimer = nil
      self?.replenish()
    }
  }

  private func armIdleTimer() {
    guard idleTimer == nil, processCount > settings.processesMin, let oldest = idle.first else { return }
    idleTimer = loop.at(oldest.idleSince + settings.idleMax, name: "idle process") { [weak self] in
      self?.idleTimer = nil
      self?.endIdle()
    }
  }

  /// Those beyond the minimum that had nothing to do for long.
  private func endIdle() {
    while processCount > settings.processesMin, let oldest = idle.first,
      oldest.idleSince + settings.idleMax <= loop.now
    {
      idle.removeFirst()
      oldest.onEnd = nil
      oldest.stop()
    }
    armIdleTimer()
  }
}

/// A request under way to such a worker. Ends once.
@LoopActor private final class ExecCall: WorkerCall {
  private let worker: ExecWorker
  private let request: WorkerRequest
  private var events: WorkerEvent.Handler?
  private var process: ExecProcess?
  private var answer = ExecAnswer()
  private var receivedBytes = 0
  private var timer: TimerToken?
  private let loop = LoopActor.shared.loop

  init(_ worker: ExecWorker, _ request: WorkerRequest, _ events: @escaping WorkerEvent.Handler) {
    self.worker = worker
    self.request = request
    self.events = events
    timer = loop.at(request.deadline, name: "exec deadline") { [self] in
      fail(DialectError(.timeout, "no answer in its time; it was killed"))
    }
  }

  /// Nobody wants its answer any more.
  var isOver: Bool { events == nil }

  func begin(with process: ExecProcess) {
    self.process = process
    answer = ExecAnswer(id: process.requestID(request.intent), isKept: worker.settings.isKept)
    process.onLine = { [self] in receive($0) }
    process.onEnd = { [self] in ended($0) }
    var line: [UInt8] = []
    var object = IntentWire.object(request.intent, budget: request.deadline - loop.now)
    object["id"] = .string(answer.id)
    JSONWriter().append(object, to: &line)
    process.ask(line + [0x0a], isLast: !worker.settings.isKept)
    loop.post { [self] in events?(.started) }
  }

  func failSoon(_ error: DialectError) { loop.post { [self] in fail(error) } }

  func cancel() {
    events = nil
    conclude(isReusable: false)
  }

  private func receive(_ line: String) {
    if events == nil { return }
    receivedBytes += line.utf8.count
    do throws(DialectError) {
      if receivedBytes > worker.settings.answerMaxBytes {
        throw DialectError(.malformed, "its answer has more than \(worker.settings.answerMaxBytes) bytes")
      }
      if let piece = try answer.receive(line) { events?(.piece(piece)) }
      if answer.isWhole { end(.success(answer.payload), isReusable: worker.settings.isKept) }
    } catch { fail(error) }
  }

  /// The process has ended, and with it the answer of one that is not kept.
  private func ended(_ status: ChildStatus) {
    guard events != nil else { return }
    let words = process?.lastWords ?? ""
    do throws(DialectError) {
      guard status.isSuccess, !worker.settings.isKept else { throw Self.failure(status, words) }
      end(.success(try answer.end()), isReusable: false)
    } catch { fail(error) }
  }

  private static func failure(_ status: ChildStatus, _ words: String) -> DialectError {
    let text = "it ended with \(status)\(words.isEmpty ? "" : ": \(words)")"
    switch status {
    // As sysexits.h has them: EX_DATAERR, EX_TEMPFAIL.
    case .exited(65): return DialectError(.refused, text)
    case .exited(75): return DialectError(.busy, text)
    default: return DialectError(.broken, text)
    }
  }

  func fail(_ error: DialectError) {
    end(.failure(WorkerFailure(worker: worker.name, error.kind, error.text)), isReusable: answer.isWhole)
  }

  private func end(_ result: Result<Payload, WorkerFailure>, isReusable: Bool) {
    guard let events else { return }
    self.events = nil
    conclude(isReusable: isReusable)
    events(.ended(result))
  }

  private func conclude(isReusable: Bool) {
    if let timer { loop.cancel(timer) }
    timer = nil
    guard let process else { return }
    self.process = nil
    (process.onLine, process.onEnd) = (nil, nil)
    if answer.strays > 0 { worker.dropped(answer.strays, of: process) }
    if isReusable, worker.settings.isKept, !process.isOver { return worker.giveBack(process) }
    // One that is not kept and has said all may clean up.
    if isReusable { process.stop() } else { process.kill() }
    worker.lose()
  }
}

/// Lines → pieces and the whole. A line is a JSON object with `text` and `media`, with `end` in the last one,
/// or with `error` and perhaps its `kind`. A program that is kept gives back the request's `id` in each of them:
/// what has another one came too late and is dropped. One that is started for each request needs no `id`, and
/// its lines that are no objects are text as it is.
struct ExecAnswer {
  /// Of the request: no other request to the same process has it.
  let id: String
  let isKept: Bool
  /// Lines dropped.
  private(set) var strays = 0
  private(set) var payload = Payload()
  /// The last line was there: the process is ready for the next request.
  private(set) var isWhole = false
  private var hasPlain = false

  init(id: String = "", isKept: Bool = false) {
    self.id = id
    self.isKept = isKept
  }

  /// - Returns: what the line adds.
  /// - Throws: what the program says of its failure; `malformed`.
  mutating func receive(_ line: String) throws(DialectError) -> Payload? {
    // By its bytes: a brace and a combining character after it are one character to Swift.
    guard line.utf8.first == UInt8(ascii: "{") else {
      if isKept {
        throw DialectError(.malformed, "a line of its answer is no JSON object: \(line.prefix(80))")
      }
      let piece = Payload.text(hasPlain ? "\n\(line)" : line)
      hasPlain = true
      payload.append(piece)
      return piece.isEmpty ? nil : piece
    }
    let value = try WholeBody.parse(Array(line.utf8))
    if isKept, try !isOurs(value) {
      strays += 1
      return nil
    }
    if let error = value["error"]?.stringValue {
      isWhole = true
      throw DialectError(value["kind"]?.stringValue.flatMap(WorkerFailure.Kind.init) ?? .broken, error)
    }
    let piece = try IntentWire.payload(value)
    payload.append(piece)
    isWhole = value["end"]?.boolValue == true
    return piece.isEmpty ? nil : piece
  }

  private func isOurs(_ value: JSONValue) throws(DialectError) -> Bool {
    if let id = value["id"]?.stringValue { return id == self.id }
    throw DialectError(
      .malformed,
      "a line of its answer has no 'id': a program that is kept gives back the request's in each line")
  }

  /// The program has ended well: what it has said is the answer.
  func end() throws(DialectError) -> Payload {
    if payload.isEmpty { throw DialectError(.malformed, "it ended without an answer") }
    return payload
  }
}
