// SPDX-License-Identifier: Apache-2.0
import Intents
import Log
import Loop
import Speech
import Time
import Workers

/// Microphone → wake → utterance → transcript; what a transcript means is `Commands`' business.
///
/// Each frame goes into the ring, through the VAD and the machine, and to the wake worker, in silence
/// with others; while an utterance is open it goes to the speech-to-text worker too. No allocation
/// per frame.
@LoopActor public final class VoicePath {
  /// Audio kept for the pre-roll: longer than any pre-roll plus a wake engine's delay.
  public static let ringSamples = 5 * AudioFormat.rateHz

  /// New ones hold from the next utterance on.
  var settings: VoiceSettings {
    didSet { machine.settings = settings }
  }
  let replies: Replies
  let commands: Commands
  let timeline: Timeline
  let loop = LoopActor.shared.loop
  let log = Logger("voice")
  private let microphone: any Microphone
  private let wake: WakeClient?
  private let speechToText: SpeechToTextClient?
  /// The language that is spoken to us; nil leaves it to the worker.
  var language: String?

  private var ring = AudioRing(capacity: ringSamples)
  private var activity = VoiceActivity()
  private var machine: VoiceMachine
  private var batch = QuietBatch()
  /// What was heard up to here has gone to the wake engine.
  private var sentToWake: SamplePosition = 0
  private var clock = FrameClock()
  private var utterance: OpenUtterance?
  private var timer: TimerToken?
  public var onMicrophone: (@LoopActor (AudioEvent) -> Void)?
  /// Called once for each utterance that was heard to its end, with what became of it.
  public var onOutcome: (@LoopActor (_ utterance: Int, Outcome) -> Void)?
  /// Utterances whose outcome is not known yet.
  public private(set) var pending = 0
  /// When the microphone last gave a sign of life; nil while none is to be expected.
  public private(set) var lastHeard: Instant?
  /// The level of the last frame, without rumble; nil when nothing is heard.
  public var levelDBFS: Float? { lastHeard.map { _ in activity.levelDBFS } }

  public init(
    settings: VoiceSettings, microphone: any Microphone, wake: WakeClient?,
    speechToText: SpeechToTextClient?, replies: Replies, commands: Commands, timeline: Timeline
  ) {
    self.settings = settings
    self.microphone = microphone
    self.wake = wake
    self.speechToText = speechToText
    self.replies = replies
    self.commands = commands
    self.timeline = timeline
    machine = VoiceMachine(settings: settings)
  }

  public func start() {
    microphone.onFrame = { [unowned self] samples, at in hear(samples, at) }
    microphone.onEvent = { [unowned self] event in receive(event) }
    replies.onPlaying = { [unowned self] in handle(.playing($0)) }
    wake?.onDetection = { [unowned self] in detected($0) }
    wake?.start()
    microphone.start()
  }

  /// Stops listening; an utterance that is being heard is forgotten.
  public func stop() {
    lastHeard = nil
    microphone.stop()
    wake?.stop()
    handle(.cancel)
    replies.onPlaying = nil
  }

  /// Returns, after `stop()`, when nothing of the microphone is left.
  public func ended() async { await microphone.ended() }

  /// Opens or ends an utterance as a button, the command line or a rule asks.
  public func handle(_ event: VoiceEvent) {
    let actions = machine.handle(event, at: loop.now)
    if actions.isEmpty { return }
    for action in actions { perform(action) }
    setTimer()
  }

  private func hear(_ samples: UnsafeBufferPointer<Int16>, _ at: Instant) {
    ring.append(samples)
    if lastHeard != nil { lastHeard = at }
    clock.advance(to: ring.end, at: at)
    utterance?.stream.write(samples)
    let isSpeech = activity.isSpeech(samples)
    handle(.frame(VoiceFrame(isSpeech: isSpeech, isNoisy: activity.isNoisy, end: ring.end)))
    // Last: it wakes the worker, which may get the processor at once and leave cold caches behind.
    if let wake, batch.isDue(isSpeech: isSpeech) { sendHeard(to: wake) }
  }

  private func sendHeard(to wake: WakeClient) {
    var position = sentToWake
    sentToWake = ring.end
    ring.visit(position..<ring.end) {
      wake.write($0, at: position)
      position += SamplePosition($0.count)
    }
  }

  private func detected(_ detection: WakeDetection) {
    let name = detection.name ?? "wake word"
    // Since the end of the phrase, which is what was spoken so far.
    let since = detection.position.map { (loop.now - clock.instant(of: $0)).milliseconds }
    timeline.emit(TimelineEntry(.wake, name, sinceSpeechEndMS: since))
    handle(.wake(name: name, phraseEnd: detection.position))
  }

  private func receive(_ event: AudioEvent) {
    onMicrophone?(event)
    lastHeard = event.isListening.map { $0 ? loop.now : nil } ?? lastHeard
    timeline.emit(TimelineEntry(.device, event.summary(of: "microphone")))
    if let isListening = event.isListening { handle(isListening ? .microphoneRestored : .microphoneLost) }
  }

  private func perform(_ action: VoiceAction) {
    switch action {
    case .listening(let id, let trigger): listening(id, trigger)
    case .utteranceBegan(let id, let from, _): begin(id, from: from)
    case .utteranceEnded(let id, let end, let decidedAt, let reason): finish(id, end, decidedAt, reason)
    case .noSpeech(let id, let reason):
      timeline.emit(TimelineEntry(.failure, "nothing was said (\(reason.rawValue))", utterance: id))
    case .stopReply: replies.stop()
    case .wakeIgnored(let reason): log.debug("wake ignored: \(reason.rawValue)")
    }
  }

  private func listening(_ id: Int, _ trigger: VoiceTrigger) {
    log.debug("listening (\(trigger)), utterance \(id)")
    if case .wake = trigger { replies.cue(.wake) }
  }

  /// Speech has begun: the audio since `from` and all that follows goes to the recogniser.
  private func begin(_ id: Int, from: SamplePosition) {
    guard let speechToText else { return }
    let latest = loop.now + settings.maximumUtterance + settings.deadline
    let stream = speechToText.open(language: language, until: latest)
    ring.visit(from..<ring.end) { stream.write($0) }
    utterance = OpenUtterance(id: id, begin: from, stream: stream)
  }

  private func finish(
    _ id: Int, _ end: SamplePosition, _ decidedAt: Instant, _ reason: VoiceAction.EndReason
  ) {
    guard let utterance = utterance.take(), utterance.id == id else { return }
    guard [.silence, .maximum, .released].contains(reason) else {
      utterance.stream.cancel()
      timeline.emit(TimelineEntry(.failure, "utterance dropped: \(reason.rawValue)", utterance: id))
      if reason == .microphoneLost { replies.cue(.failure) }
      return
    }
    let seconds = Double(end - utterance.begin) / Double(AudioFormat.rateHz)
    // Without a button silence decides, and that is part of the budget.
    let context = Exchange(
      id: id, speechEnd: clock.instant(of: end), heldUntil: decidedAt - settings.hangover,
      budget: settings.deadline)
    timeline.emit(context.entry(.utterance, "\(tenths(seconds)) s of speech, ended by \(reason.rawValue)"))
    pending += 1
    LoopActor.spawn("utterance \(id)") { [self] in
      await conclude(utterance.stream, context)
      pending -= 1
    }
  }

  private func setTimer() {
    if let timer { loop.cancel(timer) }
    timer = machine.deadline.map { deadline in
      loop.at(deadline, name: "voice") { [unowned self] in handle(.timer) }
    }
  }

  private struct OpenUtterance {
    let id: Int
    let begin: SamplePosition
    let stream: SpeechToTextClient.Utterance
  }
}

/// One decimal, for people.
func tenths(_ value: Double) -> String {
  let scaled = Int((value * 10).rounded())
  return "\(scaled < 0 ? "-" : "")\(scaled.magnitude / 10).\(scaled.magnitude % 10)"
}
