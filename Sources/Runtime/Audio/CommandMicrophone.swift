// SPDX-License-Identifier: Apache-2.0
import Loop
import Posix
import Time

/// A microphone that is a program: raw S16_LE, 16 kHz mono on its standard output.
///
/// A program that ends is started again with backoff, 0.25 s to 5 s. One that writes faster than
/// time goes is read at `paceMax` and otherwise waits on its full pipe. No allocation per frame.
@LoopActor public final class CommandMicrophone: Microphone {
  public var onFrame: (@LoopActor (UnsafeBufferPointer<Int16>, Instant) -> Void)?
  public var onEvent: (@LoopActor (AudioEvent) -> Void)?

  /// Time per frame at the fastest: 5 % faster than real time, so that a sound card whose clock is
  /// a little fast never fills the pipe.
  public static let paceMax = AudioFrame.duration * 20 / 21
  /// What a late program may make up for at once.
  public static let burstMax = Duration.milliseconds(200)
  /// A program that has lived so long is started again at once when it ends.
  public static let steadyAfter = Duration.seconds(10)

  private let arguments: [String]
  private let loop = LoopActor.shared.loop
  private let frame = UnsafeMutableBufferPointer<Int16>.allocate(capacity: AudioFrame.samples)
  private var filledBytes = 0
  private var child: ChildProcess?
  private var outputToken: WatchToken?
  private var exitToken: WatchToken?
  private var timer: TimerToken?
  private var isStarted = false
  /// The running program has written a frame.
  private var isHeard = false
  private var startedAt = Instant.zero
  private var due = Instant.zero
  private var backoff = Backoff(first: .milliseconds(250), limit: .seconds(5))
  private var told: AudioEvent?

  /// - Parameter arguments: the program and its arguments; not passed through a shell.
  public init(arguments: [String]) { self.arguments = arguments }

  deinit { frame.deallocate() }

  public func start() {
    guard !isStarted else { return }
    isStarted = true
    told = nil
    backoff.reset()
    launch()
  }

  public func stop() {
    isStarted = false
    end()
  }

  private func launch() {
    timer = nil
    do {
      let child = try ChildProcess.spawn(Program(arguments, output: .pipe))
      exitToken = try loop.watch(child.exitDescriptor.raw, .read, name: "microphone program") { [weak self] _ in
        self?.exited()
      }
      self.child = consume child
      filledBytes = 0
      isHeard = false
      startedAt = loop.now
      due = startedAt
      try listen()
    } catch {
      end()
      again("cannot be started: \(error)")
    }
  }

  private func listen() throws {
    guard let output = child?.output?.raw else { return }
    outputToken = try loop.watch(output, .read, name: "microphone program") { [weak self] _ in
      self?.ready()
    }
  }

  /// Reads what is there, at most as fast as the pace allows.
  private func ready() {
    while isStarted, outputToken != nil {
      let now = loop.now
      if due > now { return pause() }
      switch read() {
      case nil: return
      case 0?: return unlisten()
      case let count?: filledBytes += count
      }
      guard filledBytes == AudioFrame.samples * 2 else { continue }
      filledBytes = 0
      due = max(due, now - Self.burstMax) + Self.paceMax
      if !isHeard { tell(.opened("program \(arguments[0]), 16000 Hz, 1 channel")) }
      isHeard = true
      onFrame?(UnsafeBufferPointer(frame), now)
    }
  }

  /// Bytes read, 0 at the end, nil when there is nothing now.
  private func read() -> Int? {
    let bytes = UnsafeMutableRawBufferPointer(frame)
    return try? child?.output?.read(into: UnsafeMutableRawBufferPointer(rebasing: bytes[filledBytes...]))
  }

  private func pause() {
    unlisten()
    timer = loop.at(due, name: "microphone pace") { [weak self] in
      guard let self, self.isStarted, self.child != nil else { return }
      self.timer = nil
      do { try self.listen() } catch { self.exited() }
    }
  }

  private func exited() {
    guard let status = child?.reap() else { return }
    if loop.now - startedAt > Self.steadyAfter { backoff.reset() }
    end()
    again("has ended (\(status))")
  }

  private func unlisten() {
    if let outputToken = outputToken.take() { loop.unwatch(outputToken) }
  }

  private func end() {
    unlisten()
    if let exitToken = exitToken.take() { loop.unwatch(exitToken) }
    if let timer = timer.take() { loop.cancel(timer) }
    child = nil
  }

  private func again(_ why: String) {
    guard isStarted else { return }
    tell(.unavailable("microphone program \(arguments.first ?? "") \(why). It is started again."))
    timer = loop.after(backoff.take(), name: "microphone program") { [weak self] in self?.launch() }
  }

  /// Tells a state once, however often it is entered again.
  private func tell(_ event: AudioEvent) {
    guard event != told else { return }
    told = event
    onEvent?(event)
  }
}
