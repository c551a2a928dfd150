// SPDX-License-Identifier: Apache-2.0
import ALSA
import Configuration
import Loop
import Time

/// A speaker on an ALSA playback PCM, fed on the loop as its descriptors say.
///
/// The device is opened for a stream's rate and channels (or the nearest it has), stays open for
/// `keepOpen` after a stream, silent and without wake-ups, and is then closed. Whatever may block
/// (open, prepare, drop, close) runs on a queue of its own.
@LoopActor public final class ALSASpeaker: Speaker {
  public var onEvent: (@LoopActor (AudioEvent) -> Void)?
  public var onFirstSample: (@LoopActor (Instant) -> Void)?

  /// Gaps that were heard since `init`: the stream came too slowly, or the loop was away.
  public private(set) var underrunCount = 0
  /// Samples of streams that found no room in the queue, or no device.
  public var refusedCount: UInt64 { stream.refusedCount &+ lostCount }
  /// Nil while the device is not open.
  public var parameters: PCMParameters? { pcm?.parameters }

  /// Waiting samples at most: a minute of stereo at 48 kHz, and several of speech.
  public static let queueSamplesMax = 60 * 2 * 48_000

  /// A device that takes nothing for so long is given up.
  public static let stallLimit = Duration.seconds(2)

  let settings: SpeakerSettings
  let device: String
  let keepOpen: Duration
  let loop = LoopActor.shared.loop
  let queue = BlockingQueue("speaker", backlogMax: 16)

  // The stream.
  private(set) var phase = Phase.idle
  private(set) var wish: PCMWish
  private var stream = PlaybackQueue(samplesMax: queueSamplesMax)
  private var lostCount: UInt64 = 0
  private var done: (@LoopActor (Bool) -> Void)?
  private var format: PlaybackFormat?
  private var hasFirst = false
  private var hasTail = false
  private var endLimit = Instant.zero

  // The device, kept in ALSASpeaker+Device.swift.
  var pcm: PCM?
  var openedFor: PCMWish?
  /// The queue has the device: the loop must not touch it.
  var isAway = false
  /// Something was written since the device was last silenced.
  var isDirty = false
  var tokens: [WatchToken] = []
  var timer: TimerToken?
  var told: AudioEvent?

  /// Where the current stream is.
  enum Phase {
    /// No stream.
    case idle
    /// More samples may come.
    case streaming
    /// `finish` was called; samples wait.
    case finishing
    /// All is written; the device plays it out.
    case playingOut
  }

  /// - Parameters:
  ///   - device: a PCM name of libasound, or `card:ID[,DEVICE]`.
  ///   - settings: period, buffer and mixer; its `device` is not looked at.
  ///   - keepOpen: how long the silent device stays open for the next stream.
  public init(device: String, settings: SpeakerSettings, keepOpen: Duration = .seconds(2)) {
    self.device = device
    self.settings = settings
    self.keepOpen = keepOpen
    wish = PCMWish(rateHz: 16_000, channels: 1, period: settings.period, buffer: settings.buffer)
  }

  public func begin(rateHz: Int, channels: Int) {
    end(false)
    phase = .streaming
    hasFirst = false
    hasTail = false
    wish.rateHz = min(max(rateHz, 1_000), 384_000)
    wish.channels = min(max(channels, 1), 32)
    work()
  }

  public func write(_ samples: UnsafeBufferPointer<Int16>) {
    guard phase == .streaming else {
      lostCount &+= UInt64(samples.count)
      return
    }
    stream.append(samples)
    work()
  }

  public func finish(_ done: @escaping @LoopActor (Bool) -> Void) {
    guard phase == .streaming else { return loop.post { done(false) } }
    self.done = done
    phase = .finishing
    work()
  }

  public func stop() {
    end(false)
    work()
  }

  /// Ends the stream, if there is one: nothing more of it will be heard.
  func end(_ wasHeard: Bool) {
    guard phase != .idle else { return }
    phase = .idle
    lostCount &+= UInt64(hasTail || wasHeard ? 0 : stream.count)
    stream.clear()
    format = nil
    unwatch()
    cancelTimer()
    if let done = done.take() { loop.post { done(wasHeard) } }
  }

  /// Does the next thing that the stream and the device need; called whenever either has changed.
  func work() {
    if isAway || phase == .playingOut { return }
    // What the device still holds belongs to a stream that has ended.
    if isDirty && format == nil { return silence() }
    if phase == .idle { return closeLater() }
    guard let pcm, openedFor == wish else { return open() }
    do {
      let format =
        try format ?? PlaybackFormat(rateHz: wish.rateHz, channels: wish.channels, device: pcm.parameters)
      self.format = format
      try feed(pcm, format)
    } catch {
      end(false)
      close()
      tell(.unavailable("speaker \(device): \(error). Use a device that can be waited for."))
    }
  }

  /// Writes until the device is full or nothing is left.
  private func feed(_ pcm: PCM, _ format: PlaybackFormat) throws {
    while self.format === format {
      if format.pendingFrames == 0, !convert(format) {
        return phase == .finishing ? playOut(pcm) : unwatch()
      }
      switch pcm.write(format.pending, frames: format.pendingFrames) {
      case .frames(let count): wrote(count, format)
      case .wouldBlock: return try watch(pcm)
      case .xrun: return underrun(pcm)
      case .suspended: return revive(pcm)
      case .disconnected: return lost()
      }
    }
  }

  /// Prepares the next samples for the device; false when there are none now.
  private func convert(_ format: PlaybackFormat) -> Bool {
    while format.pendingFrames == 0 {
      if stream.isEmpty {
        guard phase == .finishing, !hasTail else { return false }
        hasTail = true
        stream.appendSilence(format.tailFrames * format.sourceChannels)
      }
      let consumed = stream.withSamples { format.convert($0) }
      if consumed == 0 && format.pendingFrames == 0 { return false }
      stream.consume(consumed)
    }
    return true
  }

  private func wrote(_ frames: Int, _ format: PlaybackFormat) {
    isDirty = true
    format.written(frames)
    cancelTimer()
    if hasFirst { return }
    hasFirst = true
    onFirstSample?(loop.now)
  }

  private func underrun(_ pcm: PCM) {
    // The device ran dry after the last sample and before the silence: all has been heard.
    if hasTail {
      end(true)
      return work()
    }
    underrunCount += 1
    onDevice {
      $0.prepare()
    } then: { speaker, isReady in
      isReady ? speaker.work() : speaker.lost()
    }
    onEvent?(.xrun(total: underrunCount))
  }

  /// Everything is written: waits until the last sample has been heard.
  private func playOut(_ pcm: PCM) {
    unwatch()
    phase = .playingOut
    if pcm.state == .prepared { pcm.start() }
    let buffer = Int64(pcm.parameters.bufferFrames) * 1_000_000_000 / Int64(pcm.parameters.rateHz)
    endLimit = loop.now + .nanoseconds(buffer) + Self.stallLimit
    awaitEnd(pcm)
  }

  private func awaitEnd(_ pcm: PCM) {
    guard phase == .playingOut, self.pcm === pcm else { return }
    // What lies behind the last sample is the silence of the tail.
    let left = (pcm.delayFrames ?? 0) - pcm.parameters.periodFrames
    switch Ending(pcm.state, framesLeft: left, isLate: loop.now > endLimit) {
    case .lost: lost()
    case .heard:
      end(true)
      work()
    case .awaited:
      let wait = Duration.nanoseconds(Int64(left) * 1_000_000_000 / Int64(pcm.parameters.rateHz))
      setTimer(max(wait, .milliseconds(1)), "speaker end") { $0.awaitEnd(pcm) }
    }
  }

  /// How it stands with a stream of which everything is written.
  enum Ending {
    case heard, awaited, lost

    /// - Parameter isLate: the device took longer than it can need, or the loop was away: what has been heard
    ///   is heard, however late that is seen.
    init(_ state: PCM.State, framesLeft: Int, isLate: Bool) {
      if state == .disconnected {
        self = .lost
      } else if framesLeft <= 0 || state != .running {
        self = .heard
      } else {
        self = isLate ? .lost : .awaited
      }
    }
  }
}
