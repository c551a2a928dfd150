// SPDX-License-Identifier: Apache-2.0
import Speech
import TestSupport
import Testing
import Time

@Suite struct VoiceMachineTests {
  /// A machine with its microphone: frames come by pattern, time follows the frames.
  private struct Rig {
    var machine: VoiceMachine
    var position: SamplePosition = 0

    init(_ change: (inout VoiceSettings) -> Void = { _ in }) {
      var settings = VoiceSettings()
      change(&settings)
      machine = VoiceMachine(settings: settings)
    }

    var now: Instant { Instant.zero + .seconds(100) + AudioFormat.duration(of: position) }

    mutating func hear(_ mark: Character, _ count: Int) -> [VoiceAction] {
      (0..<count).flatMap { _ in
        position += 320
        return machine.handle(.frame(VoiceFrame(isSpeech: mark == "s", end: position)), at: now)
      }
    }

    mutating func tell(_ event: VoiceEvent) -> [VoiceAction] { machine.handle(event, at: now) }

    mutating func wake(_ phraseEnd: SamplePosition? = nil) -> [VoiceAction] {
      tell(.wake(name: "jarvis", phraseEnd: phraseEnd))
    }

    func ended(_ id: Int, _ end: SamplePosition, _ reason: VoiceAction.EndReason) -> VoiceAction {
      .utteranceEnded(id: id, end: end, decidedAt: now, reason: reason)
    }
  }

  private let jarvis = VoiceTrigger.wake("jarvis")

  // MARK: Wake, then command

  @Test func aWakeAPauseAndACommandAreOneUtteranceWithPreRollButWithoutThePhrase() {
    var rig = Rig()
    #expect((rig.hear(".", 50) + rig.hear("s", 40) + rig.hear(".", 7)).isEmpty)
    #expect(rig.wake(90 * 320) == [.listening(id: 1, trigger: jarvis)])
    #expect(rig.machine.isCapturing)
    #expect(rig.hear(".", 60).isEmpty)
    let command = rig.position
    #expect(rig.hear("s", 50) == [.utteranceBegan(id: 1, from: command - 4800, trigger: jarvis)])
    #expect(rig.hear(".", 20) == [rig.ended(1, command + 16_000, .silence)])
    #expect(!rig.machine.isCapturing && rig.machine.deadline == nil)
    #expect(rig.hear("s", 100).isEmpty)
  }

  @Test(arguments: [0, 4, 10, 40]) func aCommandInOneBreathIsHeardHoweverLateTheWakeIsTold(late: Int) {
    var rig = Rig()
    _ = rig.hear(".", 50)
    _ = rig.hear("s", 40)
    let phraseEnd = rig.position
    _ = rig.hear("s", late)
    var actions = rig.wake(phraseEnd)
    actions += rig.hear("s", 50 - late)
    let end = rig.position
    actions += rig.hear(".", 20)
    #expect(
      actions == [
        .listening(id: 1, trigger: jarvis),
        .utteranceBegan(id: 1, from: phraseEnd - 1600, trigger: jarvis),
        rig.ended(1, end, .silence),
      ])
  }

  @Test func aShortCommandMayBeOverBeforeTheWakeIsTold() {
    var rig = Rig()
    _ = rig.hear("s", 40)
    let phraseEnd = rig.position
    _ = rig.hear(".", 5)
    _ = rig.hear("s", 15)
    let end = rig.position
    _ = rig.hear(".", 30)
    let actions = rig.wake(phraseEnd)
    #expect(actions.count == 3)
    #expect(actions.last == rig.ended(1, end, .silence))
  }

  @Test func thePhraseItselfIsNoCommand() {
    var rig = Rig()
    _ = rig.hear("s", 40)
    _ = rig.hear(".", 7)
    #expect(rig.wake() == [.listening(id: 1, trigger: jarvis)])
    #expect(rig.hear(".", 249).isEmpty)
    #expect(rig.hear(".", 1) == [.noSpeech(id: 1, reason: .timeout)])
  }

  @Test func aPhraseEndOutsideWhatWasHeardIsTakenAsNow() {
    var rig = Rig()
    _ = rig.hear("s", 20)
    #expect(rig.wake(.max) == [.listening(id: 1, trigger: jarvis)])
    #expect(rig.hear("s", 30).first == .utteranceBegan(id: 1, from: 4800, trigger: jarvis))
    var early = Rig()
    _ = early.hear("s", 20)
    #expect(early.wake(0).last == .utteranceBegan(id: 1, from: 0, trigger: jarvis))
  }

  // MARK: Several wakes

  @Test func whileAnUtteranceIsHandledTheNextWakeOpensTheNext() {
    var rig = Rig()
    for id in 1...3 {
      _ = rig.hear(".", 50)
      #expect(rig.wake(rig.position) == [.listening(id: id, trigger: jarvis)])
      _ = rig.hear(".", 10)
      #expect(rig.hear("s", 30).count == 1)
      #expect(rig.hear(".", 20).count == 1)
    }
  }

  @Test func theSamePhraseAgainAtOnceIsRefractoryAnotherIsNot() {
    var rig = Rig()
    _ = rig.hear(".", 50)
    _ = rig.wake(rig.position)
    _ = rig.hear(".", 39)
    #expect(rig.wake() == [.wakeIgnored(reason: .refractory)])
    #expect(
      rig.tell(.wake(name: "computer", phraseEnd: nil)) == [
        .noSpeech(id: 1, reason: .cancelled), .listening(id: 2, trigger: .wake("computer")),
      ])
  }

  @Test func aSecondCallStartsAgainButAPhraseInTheMiddleOfACommandDoesNot() {
    var rig = Rig()
    _ = rig.hear(".", 50)
    _ = rig.wake(rig.position)
    _ = rig.hear(".", 50)
    _ = rig.hear("s", 40)
    let again = rig.wake(rig.position)
    #expect(
      again.first.map { if case .utteranceEnded(1, _, _, .cancelled) = $0 { true } else { false } } == true)
    #expect(again.last == .listening(id: 2, trigger: jarvis))
    _ = rig.hear(".", 20)
    _ = rig.hear("s", 100)
    #expect(rig.wake(rig.position) == [.wakeIgnored(reason: .capturing)])
    #expect(rig.hear(".", 20).count == 1)
  }

  // MARK: Modes

  @Test(arguments: VoiceSettings.WakeMode.allCases) func eachModeHasItsTriggers(mode: VoiceSettings.WakeMode)
  {
    var rig = Rig { $0.wakeMode = mode }
    let heard = rig.hear("s", 30) + rig.hear(".", 30)
    #expect(heard.isEmpty == (mode != .vad))
    #expect((rig.wake() == [.wakeIgnored(reason: .disabled)]) == (mode != .phrase))
    _ = rig.tell(.cancel)
    #expect((rig.tell(.trigger(.button)) == [.wakeIgnored(reason: .disabled)]) == (mode == .off))
  }

  @Test func inModeVadEachUtteranceIsOneAndEndlessNoiseOpensOnlyOne() {
    var rig = Rig { $0.wakeMode = .vad }
    _ = rig.hear(".", 50)
    #expect(rig.hear("s", 10) == [.utteranceBegan(id: 1, from: 11_200, trigger: .speech)])
    #expect(rig.hear(".", 20) == [rig.ended(1, 19_200, .silence)])
    #expect(rig.hear("s", 10) == [.utteranceBegan(id: 2, from: 20_800, trigger: .speech)])
    #expect(rig.hear("s", 1000).count == 1)
    #expect(rig.hear(".", 21).isEmpty)
    #expect(rig.hear("s", 30).count == 1)
  }

  @Test func aButtonHearsWhatWasSaidJustBeforeIt() {
    var rig = Rig { $0.wakeMode = .button }
    _ = rig.hear(".", 50)
    _ = rig.hear("s", 5)
    #expect(rig.tell(.trigger(.button)) == [.listening(id: 1, trigger: .button)])
    #expect(rig.hear("s", 20) == [.utteranceBegan(id: 1, from: 12_800, trigger: .button)])
    #expect(rig.tell(.trigger(.button)) == [.wakeIgnored(reason: .capturing)])
  }

  @Test func pushToTalkEndsWithTheButtonNotWithSilence() {
    var rig = Rig { $0.wakeMode = .button }
    _ = rig.hear(".", 50)
    #expect(
      rig.tell(.trigger(.pushToTalk)) == [
        .listening(id: 1, trigger: .pushToTalk),
        .utteranceBegan(id: 1, from: 11_200, trigger: .pushToTalk),
      ])
    #expect((rig.hear("s", 30) + rig.hear(".", 100) + rig.hear("s", 30)).isEmpty)
    let end = rig.position
    #expect(rig.hear(".", 10).isEmpty)
    #expect(rig.tell(.release) == [rig.ended(1, end, .released)])
    #expect(rig.tell(.release).isEmpty)
    _ = rig.tell(.trigger(.pushToTalk))
    #expect(rig.tell(.release) == [rig.ended(2, rig.position, .tooShort)])
    _ = rig.tell(.trigger(.pushToTalk))
    #expect(rig.hear("s", 450).count == 1)
  }

  // MARK: Replies

  @Test(arguments: VoiceSettings.BargeIn.allCases) func bargingInFollowsTheSetting(
    mode: VoiceSettings.BargeIn
  ) {
    var rig = Rig { $0.bargeIn = mode }
    _ = rig.hear(".", 50)
    #expect(rig.tell(.playing(.reply)).isEmpty && rig.machine.isReplying)
    let spoken = rig.hear("s", 30)
    #expect(spoken.first == (mode == .speech ? .stopReply : nil))
    _ = rig.hear(".", 30)
    if mode == .speech { _ = rig.tell(.playing(.reply)) }
    let woken = rig.wake(rig.position)
    switch mode {
    case .off: #expect(woken == [.wakeIgnored(reason: .replying)])
    default: #expect(woken == [.stopReply, .listening(id: mode == .speech ? 2 : 1, trigger: jarvis)])
    }
    #expect(rig.machine.isReplying == (mode == .off))
  }

  @Test func aButtonStopsTheReplyInEveryMode() {
    for mode in VoiceSettings.BargeIn.allCases {
      var rig = Rig { $0.bargeIn = mode }
      _ = rig.tell(.playing(.reply))
      #expect(rig.tell(.trigger(.api)) == [.stopReply, .listening(id: 1, trigger: .api)])
    }
  }

  @Test func ourOwnVoiceAndItsEchoOpenNothing() {
    var rig = Rig { $0.wakeMode = .vad }
    _ = rig.hear(".", 50)
    _ = rig.tell(.playing(.reply))
    #expect(rig.hear("s", 100).isEmpty)
    _ = rig.tell(.playing(nil))
    #expect(rig.hear("s", 10).isEmpty)
    _ = rig.hear(".", 30)
    #expect(rig.hear("s", 20).count == 1)
  }

  @Test(arguments: VoiceSettings.BargeIn.allCases) func aCueIsNoReplyThatHasToBeInterrupted(
    mode: VoiceSettings.BargeIn
  ) {
    var rig = Rig { $0.bargeIn = mode }
    _ = rig.hear(".", 50)
    #expect(rig.tell(.playing(.cue)).isEmpty && !rig.machine.isReplying)
    #expect(rig.hear("s", 30).isEmpty)
    _ = rig.hear(".", 30)
    #expect(rig.wake(rig.position) == [.listening(id: 1, trigger: jarvis)])
  }

  @Test func aCueDoesNotOpenWhatSpeechAloneOpens() {
    var rig = Rig { $0.wakeMode = .vad }
    _ = rig.hear(".", 50)
    _ = rig.tell(.playing(.cue))
    #expect(rig.hear("s", 100).isEmpty)
    _ = rig.tell(.playing(nil))
    #expect(rig.hear("s", 10).isEmpty)
  }

  // MARK: Endings

  @Test func cancelEndsWhatIsHeardAndSaid() {
    var rig = Rig()
    #expect(rig.tell(.cancel).isEmpty)
    _ = rig.wake()
    #expect(rig.tell(.cancel) == [.noSpeech(id: 1, reason: .cancelled)])
    _ = rig.tell(.trigger(.api))
    _ = rig.hear("s", 30)
    _ = rig.tell(.playing(.reply))
    #expect(rig.tell(.cancel) == [.stopReply, rig.ended(2, 9600, .cancelled)])
  }

  @Test func aLostMicrophoneEndsTheUtteranceAndRefusesUntilItIsBack() {
    var rig = Rig()
    _ = rig.wake()
    #expect(rig.tell(.microphoneLost) == [.noSpeech(id: 1, reason: .microphoneLost)])
    #expect(rig.tell(.trigger(.button)) == [.wakeIgnored(reason: .noMicrophone)])
    #expect(rig.wake() == [.wakeIgnored(reason: .noMicrophone)])
    #expect(rig.tell(.microphoneRestored).isEmpty)
    _ = rig.tell(.trigger(.button))
    _ = rig.hear("s", 30)
    #expect(rig.tell(.microphoneLost) == [rig.ended(2, 9600, .microphoneLost)])
  }

  @Test func framesThatStopComingEndByTheDeadline() throws {
    var rig = Rig()
    _ = rig.wake()
    let deadline = try #require(rig.machine.deadline)
    #expect(rig.machine.handle(.timer, at: deadline - .nanoseconds(1)).isEmpty)
    #expect(rig.machine.handle(.timer, at: deadline) == [.noSpeech(id: 1, reason: .timeout)])
    _ = rig.tell(.trigger(.button))
    _ = rig.hear("s", 30)
    let second = try #require(rig.machine.deadline)
    let ended = VoiceAction.utteranceEnded(id: 2, end: 9600, decidedAt: second, reason: .maximum)
    #expect(rig.machine.handle(.timer, at: second) == [ended])
    #expect(rig.machine.deadline == nil)
  }

  // MARK: Whatever happens

  @Test func whateverHappensEachIdEndsOnceAndInOrder() {
    var random = Seed.generator()
    for _ in 0..<200 {
      var rig = Rig {
        $0.wakeMode = VoiceSettings.WakeMode.allCases.randomElement(using: &random) ?? .phrase
        $0.bargeIn = VoiceSettings.BargeIn.allCases.randomElement(using: &random) ?? .wake
      }
      var ledger = Ledger()
      for _ in 0..<400 { ledger.check(step(&rig, &random)) }
      ledger.check(rig.tell(.cancel))
      #expect(ledger.open.isEmpty)
    }
  }

  private func step(_ rig: inout Rig, _ random: inout SeededGenerator) -> [VoiceAction] {
    switch Int.random(in: 0..<40, using: &random) {
    case 0: return rig.wake(Bool.random(using: &random) ? nil : rig.position - 3000)
    case 1: return rig.tell(.trigger(.button))
    case 2: return rig.tell(.trigger(.pushToTalk))
    case 3: return rig.tell(.release)
    case 4: return rig.tell(.playing(.reply))
    case 5: return rig.tell(.playing(nil))
    case 6: return rig.tell(.cancel)
    case 7: return rig.tell(.microphoneLost)
    case 8, 9: return rig.tell(.microphoneRestored)
    case 10: return rig.tell(.timer)
    case 11: rig.position += 32_000; return []
    case 12..<26: return rig.hear("s", Int.random(in: 1...30, using: &random))
    default: return rig.hear(".", Int.random(in: 1...40, using: &random))
    }
  }

  /// The promise of `VoiceAction`.
  private struct Ledger {
    enum Phase { case listening, began(SamplePosition) }
    var open: [Int: Phase] = [:]
    var last = 0

    mutating func check(_ actions: [VoiceAction]) {
      for action in actions {
        switch action {
        case .listening(let id, _):
          #expect(id > last && open.isEmpty)
          last = id
          open[id] = .listening
        case .utteranceBegan(let id, let from, let trigger):
          #expect(from >= 0)
          #expect(trigger == .speech ? open.isEmpty && id > last : open[id] != nil)
          last = max(last, id)
          open[id] = .began(from)
        case .utteranceEnded(let id, let end, _, _):
          guard case .began(let from)? = open.removeValue(forKey: id) else {
            Issue.record("\(id) ended before it began")
            continue
          }
          #expect(end >= from)
        case .noSpeech(let id, _):
          guard case .listening? = open.removeValue(forKey: id) else {
            Issue.record("\(id) was not listening")
            continue
          }
        case .stopReply, .wakeIgnored: continue
        }
      }
    }
  }
}
