// SPDX-License-Identifier: Apache-2.0
import Log
import Loop
import Time
import Workers
import Wyoming

/// Everything the loudspeaker plays: spoken replies and sounds, one after the other.
@LoopActor public final class Replies {
  /// Short sounds that tell a state.
  public enum Cue: Sendable { case wake, failure }

  /// Replies waiting for the loudspeaker at most; more are refused.
  public nonisolated static let waitingMax = 8

  /// A cue that has waited so long for its turn is dropped.
  static let cueLimit: Duration = .seconds(5)

  /// True from the first sample of a reply to its end: barge-in needs it.
  public var onPlaying: (@LoopActor (Bool) -> Void)?
  /// What the loudspeaker tells about itself.
  public var onSpeaker: (@LoopActor (AudioEvent) -> Void)?

  public var cues: [Cue: Sound]

  private let speaker: (any Speaker)?
  private let textToSpeech: TextToSpeechClient?
  private let voice: WyomingVoice?
  private var speech: TextToSpeechClient.Speech?
  private let loop = LoopActor.shared.loop
  private let log = Logger("reply")
  private var waiting: [Waiter<Void>] = []
  private var isBusy = false
  /// Counts `stop()`: what was begun or queued before it is dropped.
  private var epoch = 0
  private var firstSample: (@LoopActor (Instant) -> Void)?
  /// Why the loudspeaker is not to be had; nil when nothing is known against it.
  private var trouble: String?

  public init(
    speaker: (any Speaker)?, textToSpeech: TextToSpeechClient?, voice: WyomingVoice? = nil,
    cues: [Cue: Sound] = [:]
  ) {
    self.speaker = speaker
    self.textToSpeech = textToSpeech
    self.voice = voice
    self.cues = cues
    speaker?.onFirstSample = { [unowned self] at in
      firstSample?(at)
      firstSample = nil
    }
    speaker?.onEvent = { [unowned self] in receive($0) }
  }

  /// Speaks `text` after what is queued. True when it was heard to its end, false when it was cut off.
  ///
  /// - Parameters:
  ///   - deadline: for the turn and the worker's first audio; what has begun is played to its end.
  ///   - onFirstSample: called when the first sample goes to the device.
  /// - Throws: `ReplyError`; the worker's error; `DeadlineExceeded`.
  public func say(
    _ text: String, deadline: Instant, onFirstSample: (@LoopActor (Instant) -> Void)? = nil
  ) async throws -> Bool {
    guard let textToSpeech else { throw ReplyError.noVoice }
    return try await inTurn(until: deadline, onFirstSample) { [self] speaker in
      let speech = textToSpeech.synthesize(text, voice: voice, until: deadline)
      speech.onStart = { speaker.begin(rateHz: $0.rateHz, channels: $0.channels) }
      speech.onSamples = { speaker.write($0) }
      self.speech = speech
      defer { self.speech = nil }
      do throws(WorkerError) {
        try await speech.finished()
      } catch {
        speaker.stop()
        if error.reason == .cancelled { return false }
        throw error
      }
      return try await heard(speaker)
    }
  }

  /// Plays a sound after what is queued. True when it was heard to its end.
  /// - Throws: `ReplyError`; `DeadlineExceeded`.
  public func play(
    _ sound: Sound, deadline: Instant, onFirstSample: (@LoopActor (Instant) -> Void)? = nil
  ) async throws -> Bool {
    try await inTurn(until: deadline, onFirstSample) { speaker in
      speaker.begin(rateHz: sound.rateHz, channels: sound.channels)
      sound.samples.withUnsafeBufferPointer { speaker.write($0) }
      return try await self.heard(speaker)
    }
  }

  /// Plays a cue if the configuration has one. Never waits; that something did not work is heard after
  /// what is being said, an invitation to speak only at once.
  public func cue(_ cue: Cue) {
    guard let sound = cues[cue], speaker != nil, !isBusy || cue == .failure else { return }
    LoopActor.spawn("cue") { [self] in
      _ = try await play(sound, deadline: loop.now + Self.cueLimit)
    }
  }

  /// Silences what is heard and drops what is queued.
  public func stop() {
    epoch += 1
    speech?.cancel()
    speaker?.stop()
  }

  /// Waits for the loudspeaker, lets `body` feed it, and waits for the last sample.
  private func inTurn(
    until deadline: Instant, _ onFirstSample: (@LoopActor (Instant) -> Void)?,
    _ body: @LoopActor (any Speaker) async throws -> Bool
  ) async throws -> Bool {
    guard let speaker else { throw ReplyError.noSpeaker }
    let epoch = self.epoch
    try await acquire(until: deadline)
    defer { release() }
    if epoch != self.epoch { return false }
    firstSample = onFirstSample
    onPlaying?(true)
    defer {
      firstSample = nil
      onPlaying?(false)
    }
    return try await body(speaker)
  }

  /// Waits until the last sample has been heard; false when it was cut off.
  private func heard(_ speaker: any Speaker) async throws -> Bool {
    let epoch = self.epoch
    let wasHeard = try await loop.wait(on: "the loudspeaker") { (waiter: Waiter<Bool>) in
      speaker.finish { waiter.resume(returning: $0) }
    }
    if !wasHeard, epoch == self.epoch, let trouble { throw ReplyError.speaker(trouble) }
    return wasHeard
  }

  private func receive(_ event: AudioEvent) {
    switch event {
    case .unavailable(let reason): trouble = reason
    case .unplugged: trouble = "the loudspeaker has gone away"
    case .opened, .resumed: trouble = nil
    case .xrun, .suspended, .ended: break
    }
    onSpeaker?(event)
  }

  private func acquire(until deadline: Instant) async throws {
    if !isBusy {
      isBusy = true
      return
    }
    if waiting.count >= Self.waitingMax { throw ReplyError.queueFull }
    try await loop.wait(on: "the loudspeaker's queue", until: deadline) { (waiter: Waiter<Void>) in
      waiting.append(waiter)
      waiter.onAbandon { [self] in waiting.removeAll { $0 === waiter } }
    }
  }

  private func release() {
    if waiting.isEmpty { isBusy = false } else { waiting.removeFirst().resume(returning: ()) }
  }
}

/// Why nothing can be said.
public enum ReplyError: Error, Equatable, CustomStringConvertible {
  case noSpeaker, noVoice, queueFull
  /// The device is away or busy, in its own words.
  case speaker(String)

  public var description: String {
    switch self {
    case .noSpeaker: "no loudspeaker is configured (speaker.device)"
    case .noVoice: "no text-to-speech worker is configured (services.text_to_speech)"
    case .speaker(let trouble): trouble
    case .queueFull: "\(Replies.waitingMax) replies are waiting already (Replies.waitingMax)"
    }
  }
}
