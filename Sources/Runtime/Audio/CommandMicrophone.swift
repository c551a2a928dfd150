// SPDX-License-Identifier: Apache-2.0
import Glibc
import Log
import Loop
import Posix
import Speech
import Time

/// A microphone that is a program: raw S16_LE, 16 kHz, mono from its standard output.
///
/// A program that writes faster than real time is held back through its pipe; one that writes
/// nothing for `stallLimit` is ended; one that has ended is started again with backoff. What it writes
/// to its standard error goes to the log.
@LoopActor public final class CommandMicrophone: Microphone {
  /// A program may be ahead of real time by so much: it has periods and a buffer of its own.
  static let aheadMax: Duration = .milliseconds(200)
  /// Time per frame at the fastest: a sound card's clock that is a little faster than ours must not
  /// fill the pipe in the course of hours.
  static let framePace = AudioFormat.frameDuration * 20 / 21
  /// Between SIGTERM and SIGKILL.
  static let stopGrace: Duration = .seconds(1)
  /// A program that was heard for so long is started again from the first pause.
  static let stableAfter: Duration = .seconds(10)

  public var onFrame: (@LoopActor (UnsafeBufferPointer<Int16>, Instant) -> Void)?
  public var onEvent: (@LoopActor (AudioEvent) -> Void)?

  /// A program that writes nothing for so long hangs.
  private let stallLimit: Duration
  private let argv: [String]
  private let loop = LoopActor.shared.loop
  private let log = Logger("microphone")
  private var frame = FrameBuffer()
  private var child: Child?
  /// Was told to end.
  private var leaving: Child?
  private var onGone: Waiter<Void>?
  private var output: FileDescriptor?
  private var messages: [LineReader] = []
  private var token: WatchToken?
  private var timer: TimerToken?
  private var backoff = Backoff()
  private var told: String?
  /// When the next frame is due if the program keeps to real time.
  private var due = Instant.zero
  /// When it wrote last, or was started.
  private var lastRead = Instant.zero
  private var started = Instant.zero
  private var watchdog: RepeatingTimer?
  private var isStarted = false
  private var isHeard = false
  /// It was told why it has to end: its end is no news.
  private var hasFailed = false
  /// Counts programs, so that the end of one that was let go is not taken for that of the next.
  private var launches = 0

  public init(argv: [String], stallLimit: Duration = .seconds(10)) {
    self.argv = argv
    self.stallLimit = stallLimit
  }

  public func start() {
    guard !isStarted else { return }
    isStarted = true
    launch()
  }

  public func stop() {
    isStarted = false
    if let timer = timer.take() { loop.cancel(timer) }
    close()
    finishMessages()
    child?.stop(grace: Self.stopGrace)
    leaving = child.take()
  }

  public func ended() async {
    guard let leaving, leaving.status == nil else { return }
    let limit = loop.now + Self.stopGrace + .seconds(1)
    try? await loop.wait(on: "the microphone's program to end", until: limit) { onGone = $0 }
  }

  private func launch() {
    timer = nil
    (started, lastRead, due) = (loop.now, loop.now, loop.now)
    (isHeard, hasFailed) = (false, false)
    frame.removeAll()
    launches += 1
    let launch = launches
    do throws(SystemError) {
      let child = try Child(Program(argv, output: .pipe, error: .pipe)) { [weak self] status in
        self?.exited(launch, status)
      }
      self.child = child
      output = child.output.take()
      messages = try child.readLines { [log] in log.info($0) }
      try watch()
      watchdog = loop.every(stallLimit / 2, name: "microphone watchdog") { [weak self] in self?.supervise() }
    } catch { fail("the microphone's program: \(error)") }
  }

  private func watch() throws(SystemError) {
    guard let fd = output?.raw else { return }
    token = try loop.watch(fd, .read, name: "microphone program") { [unowned self] _ in read() }
  }

  private func read() {
    guard let fd = output?.raw else { return }
    let count = frame.fill { Glibc.read(fd, $0.baseAddress, $0.count) }
    if count > 0 { lastRead = loop.now }
    if count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR) { return dismiss() }
    if frame.isFull { deliver() }
  }

  private func deliver() {
    let now = loop.now
    if !isHeard { heard() }
    frame.withSamples { onFrame?($0, now) }
    guard isStarted else { return }
    frame.removeAll()
    due = max(due, now - Self.aheadMax) + Self.framePace
    if due - now > Self.aheadMax { holdBack() }
  }

  /// The first frame: only now it is known to work.
  private func heard() {
    isHeard = true
    told = nil
    onEvent?(.opened("\(argv[0]): 16000 Hz, 1 channel, from its output"))
  }

  /// Reads no more until the program is no longer ahead.
  private func holdBack() {
    if let token = token.take() { loop.unwatch(token) }
    if let timer { loop.cancel(timer) }
    timer = loop.at(due - Self.aheadMax, name: "microphone program") { [unowned self] in
      timer = nil
      do throws(SystemError) { try watch() } catch { fail("the microphone's program: \(error)") }
    }
  }

  private func supervise() {
    guard loop.now - lastRead >= stallLimit else { return }
    let seconds = tenths(stallLimit.milliseconds / 1000)
    fail("the microphone's program \(argv[0]) wrote nothing for \(seconds) s; it is started again")
  }

  /// A program that writes no more has to end, or it would never be started again.
  private func dismiss() {
    close()
    if let timer { loop.cancel(timer) }
    timer = loop.after(Self.stopGrace, name: "microphone program") { [unowned self] in
      timer = nil
      child?.stop(grace: Self.stopGrace)
    }
  }

  private func close() {
    watchdog.take()?.cancel()
    if let token = token.take() { loop.unwatch(token) }
    output = nil
  }

  private func finishMessages() {
    for reader in messages { reader.finish() }
    messages = []
  }

  /// It is of no use as it is: its end, or a while, starts it again.
  private func fail(_ text: String) {
    close()
    if let timer = timer.take() { loop.cancel(timer) }
    hasFailed = true
    tell(text)
    if let child { child.stop(grace: Self.stopGrace) } else { launchLater() }
  }

  private func exited(_ launch: Int, _ status: ChildStatus) {
    onGone.take()?.resume(returning: ())
    guard launch == launches, isStarted else { return }
    finishMessages()
    if let timer = timer.take() { loop.cancel(timer) }
    readRest()
    guard isStarted else { return }
    close()
    child = nil
    if loop.now - started >= Self.stableAfter, isHeard { backoff.reset() }
    if !hasFailed { tell("the microphone's program \(argv[0]) ended with \(status)") }
    launchLater()
  }

  /// What an ended program has left in the pipe, which holds 100 frames at most.
  private func readRest() {
    for _ in 0..<128 where output != nil { read() }
    if let timer = timer.take() { loop.cancel(timer) }
  }

  private func tell(_ text: String) {
    if told != text { onEvent?(.unavailable(text)) }
    told = text
  }

  private func launchLater() {
    guard isStarted else { return }
    timer = loop.after(backoff.next(using: &loop.random), name: "microphone retry") { [unowned self] in
      launch()
    }
  }
}

/// One frame being put together from bytes that come in any pieces. Preallocated.
private struct FrameBuffer: ~Copyable {
  // SAFETY: allocated in init, freed in deinit; lent out only for the length of a call.
  private let storage = UnsafeMutableBufferPointer<Int16>.allocate(capacity: AudioFormat.frameSamples)
  private var byteCount = 0

  init() { storage.initialize(repeating: 0) }
  deinit { storage.deallocate() }

  var isFull: Bool { byteCount == storage.count * 2 }

  mutating func removeAll() { byteCount = 0 }

  /// Lets `read` append; returns what it returned.
  mutating func fill(_ read: (UnsafeMutableRawBufferPointer) -> Int) -> Int {
    let free = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(storage)[byteCount...])
    let count = read(free)
    if count > 0 { byteCount += count }
    return count
  }

  borrowing func withSamples(_ body: (UnsafeBufferPointer<Int16>) -> Void) {
    body(UnsafeBufferPointer(storage))
  }
}
