// SPDX-License-Identifier: Apache-2.0
import Loop
import Speech
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

  /// A loudspeaker that has not told the end of a sound so long after it should be over hangs.
  var playOutGrace: Duration = .seconds(10)

  /// What is played from now on, nil when it has ended: the voice machine must not hear it.
  public var onPlaying: (@LoopActor (OwnSound?) -> Void)?
  /// What the loudspeaker tells about itself.
  public var onSpeaker: (@LoopActor (AudioEvent) -> Void)?

  public var cues: [Cue: Sound]

  private let speaker: (any Speaker)?
  private let textToSpeech: TextToSpeechClient?
  private let voice: WyomingVoice?
  private var speech: TextToSpeechClient.Speech?
  private var stream: SoundStream?
  private let loop = LoopActor.shared.loop
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

  public var hasSpeaker: Bool { speaker != nil }

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
    return try await inTurn(.reply, until: deadline, onFirstSample) { [self] speaker in
      let speech = textToSpeech.synthesize(text, voice: voice, until: deadline)
      var length = Duration.zero
      var sampleTime = Duration.zero
      speech.onStart = { format in
        speaker.begin(rateHz: format.rateHz, channels: format.channels)
        sampleTime = .seconds(1) / (format.rateHz * format.channels)
      }
      speech.onSamples = { samples in
        speaker.write(samples)
        length += sampleTime * samples.count
      }
      self.speech = speech
      defer { self.speech = nil }
      do throws(WorkerError) {
        try await speech.finished()
      } catch {
        speaker.stop()
        if error.reason == .cancelled { return false }
        throw error
      }
      return try await heard(speaker, length)
    }
  }

  /// Plays a sound after what is queued. True when it was heard to its end.
  /// - Throws: `ReplyError`; `DeadlineExceeded`.
  public func play(
    _ sound: Sound, as kind: OwnSound = .reply, deadline: Instant,
    onFirstSample: (@LoopActor (Instant) -> Void)? = nil
  ) async throws -> Bool {
    try await inTurn(kind, until: deadline, onFirstSample) { speaker in
      speaker.begin(rateHz: sound.rateHz, channels: sound.channels)
      sound.samples.withUnsafeBufferPointer { speaker.write($0) }
      return try await self.heard(speaker, sound.duration)
    }
  }

  /// Plays what comes, after what is queued, in one turn. A pause between two sounds is silence, and no
  /// gap that the device complains about. True when it was heard to its end.
  /// - Parameter deadline: for the turn; what comes later is the stream's business.
  /// - Throws: `ReplyError`; `DeadlineExceeded`.
  public func play(
    _ stream: SoundStream, deadline: Instant, onFirstSample: (@LoopActor (Instant) -> Void)? = nil
  ) async throws -> Bool {
    try await inTurn(.reply, until: deadline, onFirstSample) { [self] speaker in
      self.stream = stream
      defer { self.stream = nil }
      return try await play(stream, speaker)
    }
  }

  private func play(_ stream: SoundStream, _ speaker: any Speaker) async throws -> Bool {
    var open: (rateHz: Int, channels: Int)?
    var length = Duration.zero
    var endsAt = Instant.zero
    while true {
      let sound: Sound?
      do {
        sound = try await stream.next(until: open == nil ? nil : endsAt)
      } catch is DeadlineExceeded {
        guard try await heard(speaker, length) else { return false }
        open = nil
        continue
      }
      guard let sound else { break }
      if let format = open, format != (sound.rateHz, sound.channels) {
        guard try await heard(speaker, length) else { return false }
        open = nil
      }
      if open == nil {
        speaker.begin(rateHz: sound.rateHz, channels: sound.channels)
        (open, length, endsAt) = ((sound.rateHz, sound.channels), .zero, loop.now)
      }
      sound.samples.withUnsafeBufferPointer { speaker.write($0) }
      length += sound.duration
      endsAt = max(endsAt, loop.now) + sound.duration
    }
    if stream.isCancelled { return false }
    return open == nil ? true : try await heard(speaker, length)
  }

  /// Plays a cue if the configuration has one. Never waits; that something did not work is heard after
  /// what is being said, an invitation to speak only at once.
  public func cue(_ cue: Cue) {
    guard let sound = cues[cue], speaker != nil, !isBusy || cue == .failure else { return }
    LoopActor.spawn("cue") { [self] in
      _ = try await play(sound, as: .cue, deadline: loop.now + Self.cueLimit)
    }
  }

  /// Silences what is heard and drops what is queued.
  public func stop() {
    epoch += 1
    speech?.cancel()
    stream?.cancel()
    speaker?.stop()
  }

  /// Waits for the loudspeaker, lets `body` feed it, and waits for the last sample.
  private func inTurn(
    _ kind: OwnSound, until deadline: Instant, _ onFirstSample: (@LoopActor (Instant) -> Void)?,
    _ body: @LoopActor (any Speaker) async throws -> Bool
  ) async throws -> Bool {
    guard let speaker else { throw ReplyError.noSpeaker }
    let epoch = self.epoch
    try await acquire(until: deadline)
    defer { release() }
    if epoch != self.epoch { return false }
    firstSample = onFirstSample
    onPlaying?(kind)
    defer {
      firstSample = nil
      onPlaying?(nil)
    }
    return try await body(speaker)
  }

  /// Waits until the last sample of a sound of that length has been heard; false when it was cut off.
  private func heard(_ speaker: any Speaker, _ length: Duration) async throws -> Bool {
    let epoch = self.epoch
    let limit = loop.now + length + playOutGrace
    let wasHeard = try await loop.wait(on: "the loudspeaker", until: limit) {
      (waiter: Waiter<Bool>) in
      waiter.onAbandon { speaker.stop() }
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
