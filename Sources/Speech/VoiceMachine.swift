// SPDX-License-Identifier: Apache-2.0
import Time

/// From frames and triggers to utterances: what is listened to, from where, until when.
///
/// One utterance is heard at a time; what happens to the ones before (transcript, action, reply) is
/// not the machine's business, so the next wake may come while they are being handled. Pure: the
/// driver owns the ring, the recogniser and the loudspeaker. A frame in which nothing happens
/// allocates nothing.
public struct VoiceMachine: Sendable {
  /// New ones hold from the next utterance on.
  public var settings: VoiceSettings
  /// A reply is being heard.
  public var isReplying: Bool { ownSound == .reply }

  var capture: Capture?
  var history = SpeechHistory()
  var position: SamplePosition = 0
  var hasMicrophone = true
  var lastWake: (name: String, at: Instant)?
  private var ownSound: OwnSound?
  /// The room still rings with our own voice until here.
  private var deafUntil: SamplePosition = .min
  /// The last utterance reached the maximum: wait for silence before speech opens another.
  private var needsSilence = false
  private var lastID = 0
  private var lastUtteranceEnd: SamplePosition = 0

  public init(settings: VoiceSettings) { self.settings = settings }

  /// Somebody was asked for words or is speaking. A reply to an earlier utterance had better wait.
  public var isCapturing: Bool { capture.map { !$0.isSilent } ?? false }

  /// When `timer` is due although frames may have stopped coming; nil: no need.
  public var deadline: Instant? { isCapturing ? capture?.deadline : nil }

  public mutating func handle(_ event: VoiceEvent, at now: Instant) -> [VoiceAction] {
    switch event {
    case .frame(let frame): return hear(frame, now)
    case .wake(let name, let phraseEnd): return wake(name, phraseEnd, now)
    case .trigger(let trigger): return self.trigger(trigger, now)
    case .release: return release(now)
    case .playing(let sound): return playing(sound)
    case .cancel: return stopReply() + end(.cancelled, .cancelled, now)
    case .microphoneLost: return microphoneLost(now)
    case .microphoneRestored:
      hasMicrophone = true
      return []
    case .timer: return expire(now)
    }
  }

  // MARK: Frames

  private mutating func hear(_ frame: VoiceFrame, _ now: Instant) -> [VoiceAction] {
    history.append(frame)
    position = frame.end
    if capture == nil { listenForSpeech() }
    return advance(frame, now)
  }

  private mutating func listenForSpeech() {
    guard hasMicrophone, position > deafUntil, speechMayOpen else { return }
    let start = position - SamplePosition(AudioFormat.frameSamples)
    let endpointer = Endpointer(settings, earliest: start, afterSilence: needsSilence)
    capture = Capture(trigger: .speech, earliest: lastUtteranceEnd, endpointer: endpointer)
  }

  private var speechMayOpen: Bool {
    guard settings.wakeMode != .off else { return false }
    switch ownSound {
    case .reply: return settings.bargeIn == .speech
    case .cue: return settings.wakeMode == .vad && settings.bargeIn == .speech
    case nil: return settings.wakeMode == .vad
    }
  }

  mutating func advance(_ frame: VoiceFrame, _ now: Instant) -> [VoiceAction] {
    switch capture?.endpointer.handle(frame) {
    case nil: return []
    case .began(let start): return began(start, now)
    case .noSpeech: return end(.cancelled, .timeout, now)
    case .ended(let end, let reason):
      needsSilence = reason == .maximum
      return finish(at: end, reason == .maximum ? .maximum : .silence, now)
    }
  }

  private mutating func began(_ start: SamplePosition, _ now: Instant) -> [VoiceAction] {
    guard var opened = capture, !opened.isHeld else { return [] }
    let stopped = opened.isSilent ? stopReply() : []
    if opened.isSilent { opened.id = nextID() }
    opened.hasBegun = true
    opened.deadline = now + settings.maximumUtterance + Self.patience
    capture = opened
    needsSilence = false
    let from = max(opened.earliest, start - AudioFormat.samples(in: settings.preRoll), 0)
    return stopped + [.utteranceBegan(id: opened.id, from: from, trigger: opened.trigger)]
  }

  // MARK: Replies, microphone, time

  private mutating func playing(_ sound: OwnSound?) -> [VoiceAction] {
    ownSound = sound
    if sound == nil, settings.bargeIn != .speech { deafUntil = position + Self.echoTail }
    dropUnopened()
    return []
  }

  private mutating func microphoneLost(_ now: Instant) -> [VoiceAction] {
    hasMicrophone = false
    history.clear()
    return end(.microphoneLost, .microphoneLost, now)
  }

  private mutating func expire(_ now: Instant) -> [VoiceAction] {
    guard let deadline, now >= deadline else { return [] }
    return end(.maximum, .timeout, now)
  }

  // MARK: Endings

  mutating func stopReply() -> [VoiceAction] {
    guard isReplying else { return [] }
    ownSound = nil
    return [.stopReply]
  }

  private mutating func dropUnopened() {
    if let capture, capture.isSilent { self.capture = nil }
  }

  /// Ends whatever is being heard: with `began` if words were, else with `waited`.
  mutating func end(
    _ began: VoiceAction.EndReason, _ waited: VoiceAction.NoSpeechReason, _ now: Instant
  ) -> [VoiceAction] {
    guard let open = capture else { return [] }
    if open.hasBegun {
      let spoke = open.endpointer.hasBegun
      return finish(at: spoke ? open.endpointer.speechEnd : position, began, now)
    }
    capture = nil
    return open.isSilent ? [] : [.noSpeech(id: open.id, reason: waited)]
  }

  mutating func finish(
    at end: SamplePosition, _ reason: VoiceAction.EndReason, _ now: Instant
  ) -> [VoiceAction] {
    guard let open = capture else { return [] }
    capture = nil
    lastUtteranceEnd = end
    return [.utteranceEnded(id: open.id, end: end, decidedAt: now, reason: reason)]
  }

  mutating func nextID() -> Int {
    lastID += 1
    return lastID
  }
}

extension VoiceMachine {
  /// What is being listened to: until somebody speaks, then the utterance itself.
  struct Capture: Sendable {
    /// 0 while nobody knows that we listen: speech alone would begin the utterance.
    var id = 0
    var trigger: VoiceTrigger
    /// Audio before it is not part of the utterance.
    var earliest: SamplePosition
    var endpointer: Endpointer
    /// `utteranceBegan` was told.
    var hasBegun = false
    var deadline = Instant.distantFuture

    var isSilent: Bool { id == 0 }
    /// Ends by `release`, not by silence.
    var isHeld: Bool { trigger == .pushToTalk }
  }

  /// Frames are this late at worst; after it `timer` ends what they should have ended.
  static let patience: Duration = .seconds(1)
  /// After our own voice speech alone opens nothing for 200 ms.
  static let echoTail: SamplePosition = 3200
}
