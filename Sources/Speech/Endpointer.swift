// SPDX-License-Identifier: Apache-2.0

/// Finds one utterance in a run of judged frames: where speech begins, where it ends.
///
/// Speech begins when enough of the last five frames are speech and what began lasts as long as
/// the shortest utterance; shorter noises pass unnoticed. It ends when silence lasts as long as the
/// hangover, or at the longest utterance. After `ended` or `noSpeech` nothing more is reported.
/// Allocates nothing.
public struct Endpointer: Sendable {
  public enum Reason: String, Sendable { case silence, maximum }
  public enum Event: Sendable, Equatable {
    /// Speech began here; known only when the shortest utterance has been heard.
    case began(from: SamplePosition)
    /// Speech ended here, `hangover` before it was decided.
    case ended(end: SamplePosition, reason: Reason)
    /// Nobody began to speak before the timeout.
    case noSpeech
  }

  /// Frames that start earlier are not heard.
  public let earliest: SamplePosition
  /// Where the speech that is heard now began, nil in silence.
  public private(set) var speechStart: SamplePosition?
  /// The end of the last frame of speech since `speechStart`.
  public private(set) var speechEnd: SamplePosition = 0
  /// `began` has been reported.
  public private(set) var hasBegun = false

  private enum Phase { case settling(noiseEnd: SamplePosition?), quiet, hearing, done }
  private var phase = Phase.quiet
  private let limits: Limits
  private let timeout: SamplePosition?
  /// One bit a frame, the newest lowest.
  private var recent: UInt8 = 0
  private var lastEnd: SamplePosition = .min

  /// - Parameters:
  ///   - earliest: frames that start before it are ignored.
  ///   - timeout: speech must have begun by then; nil waits for ever.
  ///   - afterSilence: waits for a hangover of silence first, so that a noise that reached the
  ///     maximum does not open the next utterance at once.
  public init(
    _ settings: VoiceSettings, earliest: SamplePosition = .min, timeout: SamplePosition? = nil,
    afterSilence: Bool = false
  ) {
    limits = Limits(settings)
    self.earliest = earliest
    self.timeout = timeout
    if afterSilence { phase = .settling(noiseEnd: nil) }
  }

  /// Takes the next frame; at most one thing happens in it.
  public mutating func handle(_ frame: VoiceFrame) -> Event? {
    guard frame.start >= earliest else { return nil }
    if frame.start != lastEnd { recent = 0 }
    lastEnd = frame.end
    recent = (recent << 1 | (frame.isSpeech ? 1 : 0)) & 0b1_1111
    switch phase {
    case .settling(let noiseEnd):
      settle(frame, noiseEnd)
      return nil
    case .quiet: return listen(frame)
    case .hearing: return hear(frame)
    case .done: return nil
    }
  }

  private mutating func settle(_ frame: VoiceFrame, _ known: SamplePosition?) {
    let noiseEnd = frame.isSpeech ? frame.end : known ?? frame.start
    let isOver = frame.end - noiseEnd >= limits.hangover(frame)
    phase = isOver ? .quiet : .settling(noiseEnd: noiseEnd)
    if isOver { recent = 0 }
  }

  private mutating func listen(_ frame: VoiceFrame) -> Event? {
    if recent.nonzeroBitCount >= limits.triggerFrames {
      let age = SamplePosition(7 - recent.leadingZeroBitCount)
      speechStart = frame.start - age * SamplePosition(AudioFormat.frameSamples)
      phase = .hearing
      return hear(frame)
    }
    guard let timeout, frame.end >= timeout + (frame.isSpeech ? Self.benefitOfTheDoubt : 0) else {
      return nil
    }
    phase = .done
    return .noSpeech
  }

  private mutating func hear(_ frame: VoiceFrame) -> Event? {
    guard let start = speechStart else { return nil }
    if frame.isSpeech { speechEnd = frame.end }
    if !hasBegun, speechEnd - start >= limits.minimum {
      hasBegun = true
      return .began(from: start)
    }
    if frame.end - speechEnd >= limits.hangover(frame) { return fallSilent() }
    guard hasBegun, frame.end - start >= limits.maximum else { return nil }
    phase = .done
    return .ended(end: min(speechEnd, start + limits.maximum), reason: .maximum)
  }

  private mutating func fallSilent() -> Event? {
    guard hasBegun else {
      speechStart = nil
      phase = .quiet
      recent = 0
      return nil
    }
    phase = .done
    return .ended(end: speechEnd, reason: .silence)
  }

  /// Speech that begins at the timeout has these five frames to prove itself.
  private static let benefitOfTheDoubt = 5 * SamplePosition(AudioFormat.frameSamples)

  /// The settings in samples and frames.
  private struct Limits: Sendable {
    let triggerFrames: Int
    let minimum: SamplePosition
    let maximum: SamplePosition
    private let silence: SamplePosition

    init(_ settings: VoiceSettings) {
      let frame = SamplePosition(AudioFormat.frameSamples)
      let trigger = AudioFormat.samples(in: settings.startTrigger)
      triggerFrames = Int(max(1, min(5, (trigger + frame - 1) / frame)))
      minimum = AudioFormat.samples(in: settings.minimumUtterance)
      maximum = max(AudioFormat.samples(in: settings.maximumUtterance), minimum, frame)
      silence = max(frame, AudioFormat.samples(in: settings.hangover))
    }

    /// Half as long again in a noisy room, where quiet syllables look like silence.
    func hangover(_ frame: VoiceFrame) -> SamplePosition {
      frame.isNoisy ? silence + silence / 2 : silence
    }
  }
}
