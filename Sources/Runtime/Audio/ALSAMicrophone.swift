// SPDX-License-Identifier: Apache-2.0
import ALSA
import Configuration
import Loop
import Speech
import Time

/// A microphone on an ALSA capture PCM, read on the loop as its descriptors say.
///
/// Opening and closing happen on a queue of their own, since they may block. A device that is away,
/// busy or silent is opened again with backoff, 0.25 s to 5 s. No allocation per frame.
@LoopActor public final class ALSAMicrophone: Microphone {
  public var onFrame: (@LoopActor (UnsafeBufferPointer<Int16>, Instant) -> Void)?
  public var onEvent: (@LoopActor (AudioEvent) -> Void)?

  /// Frames handed on since `init`.
  public private(set) var frameCount: UInt64 = 0
  /// Overruns since `init`: the loop was away for longer than the device's buffer.
  public private(set) var xrunCount = 0
  /// Nil while the device is not open.
  public var parameters: PCMParameters? { pcm?.parameters }

  /// A running device that delivers nothing for so long is opened anew.
  public static let stallLimit = Duration.seconds(2)
  /// So many overruns within a second, and the device is closed for a while: an xrun storm.
  public static let xrunsPerSecondMax = 10
  /// Overruns are told at most this often.
  public static let xrunEventInterval = Duration.seconds(10)

  private let device: String
  private let settings: MicrophoneSettings
  private let loop = LoopActor.shared.loop
  private let queue = BlockingQueue("microphone", backlogMax: 8)

  private var isStarted = false
  /// Counts openings, so that the result of an abandoned one is recognised.
  private var attempt = 0
  private var pcm: PCM?
  private var format: CaptureFormat?
  private var tokens: [WatchToken] = []
  private var retry: TimerToken?
  private var watchdog: RepeatingTimer?
  private var backoff = Backoff()
  private var told: AudioEvent?
  private var lastRead = Instant.zero
  private var xrunWindow = (start: Instant.zero, count: 0)
  private var xrunTold: Instant?

  /// - Parameters:
  ///   - device: a PCM name of libasound, or `card:ID[,DEVICE]`.
  ///   - settings: rate, channel, period, buffer and front end; its `source` is not looked at.
  public init(device: String, settings: MicrophoneSettings) {
    self.device = device
    self.settings = settings
  }

  public func start() {
    guard !isStarted else { return }
    isStarted = true
    told = nil
    backoff.reset()
    open()
  }

  public func stop() {
    isStarted = false
    attempt += 1
    if let retry { loop.cancel(retry) }
    retry = nil
    close()
  }

  // MARK: Opening and closing

  private func open() {
    retry = nil
    attempt += 1
    let attempt = attempt
    let device = device
    let wish = wish
    let accepted = queue.run {
      Result { () throws(ALSAError) in try PCM.open(device, .capture, wish) }
    } then: { [weak self] result in
      guard let self, self.attempt == attempt else {
        if case .success(let pcm) = result { pcm.close() }
        return
      }
      switch result {
      case .success(let pcm): self.begin(pcm)
      case .failure(let error): self.refused(error)
      }
    }
    if !accepted { retryLater() }
  }

  private var wish: PCMWish {
    var channels = 1
    if case .index(let index) = settings.channel { channels = index + 1 }
    return PCMWish(
      rateHz: settings.rateHz ?? AudioFormat.rateHz, channels: channels, period: settings.period,
      buffer: settings.buffer)
  }

  private func begin(_ pcm: PCM) {
    self.pcm = pcm
    do {
      format = try CaptureFormat(pcm.parameters, settings)
      try watch(pcm)
    } catch {
      close()
      tell(.unavailable("microphone \(device): \(error). Use a device that can be waited for."))
      return retryLater()
    }
    guard pcm.start() else { return lost() }
    lastRead = loop.now
    watchdog = loop.every(Self.stallLimit, name: "microphone watchdog") { [weak self] in
      self?.supervise()
    }
    tell(.opened(pcm.parameters.description))
  }

  private func watch(_ pcm: PCM) throws {
    for (index, descriptor) in pcm.descriptors.enumerated() {
      let interest = Interest(rawValue: descriptor.events)
      tokens.append(
        try loop.watch(descriptor.fd, interest, name: "microphone") { [weak self] events in
          self?.ready(index, events)
        })
    }
  }

  private func unwatch() {
    for token in tokens { loop.unwatch(token) }
    tokens.removeAll(keepingCapacity: true)
  }

  private func close() {
    unwatch()
    watchdog.take()?.cancel()
    format = nil
    guard let pcm else { return }
    self.pcm = nil
    if !queue.run({ pcm.close() }, then: {}) { pcm.close() }
  }

  private func retryLater() {
    guard isStarted else { return }
    retry = loop.after(backoff.next(using: &loop.random), name: "microphone retry") { [weak self] in
      self?.open()
    }
  }

  private func refused(_ error: ALSAError) {
    // That an unplugged device is not there has been told.
    let isAway = error.kind == .notFound || error.kind == .disconnected
    if !(told == .unplugged && isAway) { tell(.unavailable(error.text)) }
    retryLater()
  }

  private func lost() {
    close()
    tell(.unplugged)
    retryLater()
  }

  /// Tells a state once, however often it is entered again.
  private func tell(_ event: AudioEvent) {
    guard event != told else { return }
    told = event
    onEvent?(event)
  }

  // MARK: Capturing

  private func ready(_ index: Int, _ events: Interest) {
    guard let pcm else { return }
    switch pcm.readiness(index, events.rawValue) {
    case .notYet: return
    case .ready:
      while let left = read(pcm), self.pcm === pcm, left >= pcm.parameters.periodFrames {}
    // A descriptor in error stays ready for ever: when reading changes nothing, the device is gone.
    case .failed:
      let before = (frameCount, xrunCount)
      _ = read(pcm)
      if self.pcm === pcm, before == (frameCount, xrunCount), told != .suspended { lost() }
    }
  }

  /// Reads a period; how many frames the device still has, nil when there were none.
  private func read(_ pcm: PCM) -> Int? {
    guard let format else { return nil }
    switch pcm.read(format.input, frames: format.chunkFrames) {
    case .frames(let count) where count > 0:
      let left = max(0, pcm.delayFrames ?? 0)
      deliver(count, left: left, pcm, format)
      return left
    case .frames, .wouldBlock:
      if pcm.state != .running { lost() }
    case .xrun: recover(pcm)
    case .suspended: suspend(pcm)
    case .disconnected: lost()
    }
    return nil
  }

  private func deliver(_ count: Int, left: Int, _ pcm: PCM, _ format: CaptureFormat) {
    let now = loop.now
    lastRead = now
    let behind = Int64(left) * 1_000_000_000 / Int64(pcm.parameters.rateHz)
    format.take(count) { frame, samplesAfter in
      frameCount &+= 1
      let later = Int64(samplesAfter) * AudioFormat.sampleNanoseconds
      onFrame?(frame, now.advanced(byNanoseconds: -behind - later))
    }
  }

  private func recover(_ pcm: PCM) {
    xrunCount += 1
    let now = loop.now
    if now - xrunWindow.start > .seconds(1) { xrunWindow = (now, 0) }
    xrunWindow.count += 1
    if xrunWindow.count > Self.xrunsPerSecondMax {
      close()
      tell(
        .unavailable(
          "microphone \(device) loses samples all the time (\(xrunCount) overruns). "
            + "Raise microphone.buffer or lower the load of the machine."))
      return retryLater()
    }
    guard pcm.restart() else { return lost() }
    if let last = xrunTold, now - last < Self.xrunEventInterval { return }
    xrunTold = now
    onEvent?(.xrun(total: xrunCount))
  }

  private func suspend(_ pcm: PCM) {
    unwatch()
    tell(.suspended)
    resume(pcm)
  }

  private func resume(_ pcm: PCM) {
    switch pcm.resume() {
    case nil:
      retry = loop.after(.milliseconds(100), name: "microphone resume") { [weak self] in
        guard let self else { return }
        self.retry = nil
        if self.pcm === pcm { self.resume(pcm) }
      }
    case true?:
      guard (try? watch(pcm)) != nil else { return lost() }
      lastRead = loop.now
      tell(.resumed)
    case false?: lost()
    }
  }

  private func supervise() {
    // Only now a device is known to work: one that opens and fails is tried ever less often.
    guard told != .suspended, loop.now - lastRead > Self.stallLimit else { return backoff.reset() }
    close()
    tell(.unavailable("microphone \(device) delivers no samples. It is opened again."))
    retryLater()
  }
}
