// SPDX-License-Identifier: Apache-2.0
import Time

extension VoiceMachine {
  mutating func wake(
    _ name: String, _ phraseEnd: SamplePosition?, _ now: Instant
  ) -> [VoiceAction] {
    let end = min(position, phraseEnd ?? position - Self.spotterDelay)
    if let reason = whyIgnored(wake: name, phraseEnd: end, now) { return [.wakeIgnored(reason: reason)] }
    lastWake = (name, now)
    return open(.wake(name), earliest: end - Self.phraseOverlap, hearFrom: end + Self.phraseTail, now)
  }

  private func whyIgnored(
    wake name: String, phraseEnd: SamplePosition, _ now: Instant
  ) -> VoiceAction.IgnoredReason? {
    if settings.wakeMode != .phrase { return .disabled }
    if !hasMicrophone { return .noMicrophone }
    if isReplying, settings.bargeIn == .off { return .replying }
    if let last = lastWake, last.name == name, now - last.at < settings.refractory {
      return .refractory
    }
    guard let capture, capture.hasBegun else { return nil }
    let start = capture.endpointer.speechStart ?? phraseEnd
    return capture.isHeld || phraseEnd - start > Self.longestPhrase ? .capturing : nil
  }

  mutating func trigger(_ trigger: VoiceTrigger, _ now: Instant) -> [VoiceAction] {
    if settings.wakeMode == .off { return [.wakeIgnored(reason: .disabled)] }
    if !hasMicrophone { return [.wakeIgnored(reason: .noMicrophone)] }
    if isCapturing { return [.wakeIgnored(reason: .capturing)] }
    let from = position - AudioFormat.samples(in: settings.preRoll)
    let opened = open(trigger, earliest: from, hearFrom: from, now)
    guard trigger == .pushToTalk, let id = capture?.id else { return opened }
    capture?.hasBegun = true
    capture?.deadline = now + settings.maximumUtterance + Self.patience
    return opened + [.utteranceBegan(id: id, from: max(0, from), trigger: trigger)]
  }

  /// Starts to listen and goes through what was heard since `hearFrom`.
  private mutating func open(
    _ trigger: VoiceTrigger, earliest: SamplePosition, hearFrom: SamplePosition, _ now: Instant
  ) -> [VoiceAction] {
    var actions = end(.cancelled, .cancelled, now) + stopReply()
    let timeout = position + AudioFormat.samples(in: settings.noSpeechTimeout)
    let endpointer =
      trigger == .pushToTalk
      ? Endpointer(heldSettings, earliest: hearFrom)
      : Endpointer(settings, earliest: hearFrom, timeout: timeout)
    var opened = Capture(
      id: nextID(), trigger: trigger, earliest: earliest, endpointer: endpointer)
    opened.deadline = now + settings.noSpeechTimeout + settings.hangover * 2 + Self.patience
    capture = opened
    actions.append(.listening(id: opened.id, trigger: trigger))
    for age in (0..<history.count).reversed() where capture?.id == opened.id {
      actions += advance(history.frame(age: age), now)
    }
    return actions
  }

  mutating func release(_ now: Instant) -> [VoiceAction] {
    guard let held = capture, held.isHeld else { return [] }
    let spoke = held.endpointer.hasBegun
    let end = spoke ? held.endpointer.speechEnd : position
    return finish(at: end, spoke ? .released : .tooShort, now)
  }

  /// While the button is held silence ends nothing.
  private var heldSettings: VoiceSettings {
    var held = settings
    held.hangover = settings.maximumUtterance
    return held
  }

  /// From the end of a phrase to the engine's report, when the engine can't tell the end.
  private static let spotterDelay: SamplePosition = 2400
  /// Audio kept from the phrase's end, for commands that nearly overlap it: 100 ms.
  private static let phraseOverlap: SamplePosition = 1600
  /// The phrase's own last sound does not begin an utterance: 60 ms.
  private static let phraseTail: SamplePosition = 960
  /// A phrase heard so soon after an utterance began was that utterance: 1.5 s.
  private static let longestPhrase: SamplePosition = 24_000
}
