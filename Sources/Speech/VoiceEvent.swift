// SPDX-License-Identifier: Apache-2.0
import Time

/// What opened an utterance.
public enum VoiceTrigger: Sendable, Equatable {
  /// The wake phrase of this name was heard.
  case wake(String)
  case button
  /// A button that is held while speaking; `release` ends the utterance.
  case pushToTalk
  case api
  /// Speech alone: mode `vad`, or barge-in by speech.
  case speech
}

/// What our loudspeaker plays.
public enum OwnSound: Sendable, Equatable {
  /// What somebody asked for. Barge-in ends it.
  case reply
  /// A short sound that tells a state. Nobody has to wait for its end to speak.
  case cue
}

/// What a `VoiceMachine` is told.
public enum VoiceEvent: Sendable, Equatable {
  case frame(VoiceFrame)
  /// A wake phrase was heard; `phraseEnd` is where it ended, nil when the engine cannot tell.
  case wake(name: String, phraseEnd: SamplePosition?)
  case trigger(VoiceTrigger)
  /// The talk button was let go.
  case release
  /// What is heard of us from the loudspeaker from now on; nil: nothing any more.
  case playing(OwnSound?)
  /// The person wants to be left alone: ends what is being heard and said.
  case cancel
  case microphoneLost
  case microphoneRestored
  /// `VoiceMachine.deadline` has come.
  case timer
}

/// What the driver of a `VoiceMachine` has to do.
///
/// Each id ends exactly once: `listening` is followed by `noSpeech`, or by `utteranceBegan` and
/// then `utteranceEnded` of the same id. Speech alone begins an utterance without `listening`.
public enum VoiceAction: Sendable, Equatable {
  public enum EndReason: String, Sendable {
    case silence, maximum, released, tooShort, cancelled, microphoneLost
  }
  public enum NoSpeechReason: String, Sendable { case timeout, cancelled, microphoneLost }
  public enum IgnoredReason: String, Sendable {
    /// The wake mode does not use this trigger, or is `off`.
    case disabled
    /// The same phrase was heard just before.
    case refractory
    /// An utterance is being heard already.
    case capturing
    /// The reply is speaking and barge-in is off.
    case replying
    case noMicrophone
  }

  /// Somebody wants to speak: show it.
  case listening(id: Int, trigger: VoiceTrigger)
  /// Send audio to the recogniser, beginning with this position of the ring.
  case utteranceBegan(id: Int, from: SamplePosition, trigger: VoiceTrigger)
  /// The last word ended at `end`. On `tooShort`, `cancelled` and `microphoneLost` forget the audio.
  case utteranceEnded(id: Int, end: SamplePosition, decidedAt: Instant, reason: EndReason)
  case noSpeech(id: Int, reason: NoSpeechReason)
  case stopReply
  case wakeIgnored(reason: IgnoredReason)
}
