// SPDX-License-Identifier: Apache-2.0
import Automation
import Configuration
import Intents
import Log
import Loop
import Posix
import Speech
import Store
import Time

/// The runtime of one board: joins the devices, the workers and the machines.
@LoopActor public final class Daemon {
  public static let version = "0.1.0"
  /// Time the parts get to end in an orderly way.
  public static let stopLimit: Duration = .seconds(5)
  /// By then what only the start needs has been used.
  static let startMax: Duration = .seconds(5)

  public let timeline = Timeline()
  public internal(set) var settings: Settings
  public let started = LoopActor.shared.loop.now

  /// For what came while the store was being opened.
  static let beginLimit: Duration = .seconds(2)

  let directory: String
  let devices: Devices
  let loop = LoopActor.shared.loop
  let log = Logger("mtor")
  /// Durable facts; nil: none are kept.
  public let store: Store?
  let files = BlockingQueue("files", backlogMax: 16)
  let serviceManager = ServiceManager()
  /// Workers added while running that are to stay; nil: nothing is kept.
  let savedWorkers: SavedWorkers?
  public let lines: LineDriver
  public private(set) var services: SpeechServices
  /// Whoever wants something of a realm's workers asks here.
  public let orchestrator: Orchestrator
  public let workforce: Workforce
  public let answers: Answers
  private(set) var replies: Replies
  public private(set) var automations: Automations
  let sensors = SensorReader()
  let webhooks = WebhookServer()
  /// Nil without a store.
  let sender: OutboxSender?
  var soundTimer: RepeatingTimer?
  /// Buttons whose hold has been told.
  private var held: Set<String> = []
  /// Of intents under way whose end some automation waits for.
  var realms: [String: String] = [:]
  private(set) var commands: Commands
  public private(set) var voice: VoicePath?
  /// Reads the configuration again; the text says what was wrong, nil that all is well.
  public var onReload: (@Sendable @LoopActor () async -> String?)?
  private(set) var utterances = 0
  private(set) var microphoneState = "off"
  private(set) var speakerState = "off"
  private(set) var overruns = 0
  /// Nothing is begun any more.
  private(set) var hasStopped = false
  var asked = 0
  var lastObserver = 0
  var control: ControlServer?
  var lineObservers: [Int: @LoopActor (LineEdge) -> Void] = [:]

  /// Builds the parts; opens nothing but files below `directory`.
  ///
  /// - Parameters:
  ///   - directory: for sockets and files that end with the daemon; exists.
  ///   - state: for files that outlive it, where the configuration names no other place; nil keeps none.
  /// - Throws: `CommandGrammarError`, `EndpointError` (`mtor check` finds them too), `SoundError` for a
  ///   sound file, `SystemError` for the directory.
  public init(_ settings: Settings, devices: Devices, directory: String, state: String? = nil) throws {
    self.settings = settings
    self.devices = devices
    self.directory = directory
    store = settings.store.isEnabled ? state.map { Store(settings.store.options(state: $0)) } : nil
    let grammar = try CommandGrammar(settings.commands, lists: settings.lists)
    lines = LineDriver(devices.lines, settings: settings.lines)
    services = try SpeechServices(
      settings, grammar: grammar, needsVoice: devices.microphone != nil, directory: directory)
    replies = Replies(
      speaker: devices.speaker, textToSpeech: services.textToSpeech, voice: services.voice,
      cues: try Self.cues(settings.sounds))
    automations = Automations(
      rules: settings.automations, zone: settings.zone ?? .utc, lines: lines, replies: replies,
      timeline: timeline, files: files, store: store)
    sender = store.map { OutboxSender($0, node: settings.node) }
    orchestrator = Orchestrator(seed: loop.random.next())
    workforce = Workforce(orchestrator)
    answers = Answers(settings.routing, orchestrator, replies: replies, timeline: timeline)
    savedWorkers = state.map { SavedWorkers(directory: settings.store.directory ?? $0) }
    commands = Commands(
      grammar: grammar, services: services, automations: automations, answers: answers, timeline: timeline)
    commands.prefixes = settings.wakePhrases.map(\.phrase)
    if devices.speaker != nil { speakerState = settings.speaker.device ?? "off" }
    if let microphone = devices.microphone {
      voice = VoicePath(
        settings: settings.voice, microphone: microphone, wake: services.wake,
        speechToText: services.speechToText, replies: replies, commands: commands, timeline: timeline)
      voice?.language = services.language
      microphoneState = "starting"
    }
  }

  /// Starts everything; ready when this returns. A device or worker that is away is tried again.
  /// - Throws: `SystemError` when another daemon has the control socket.
  public func start() throws {
    Self.apply(settings.log)
    observe()
    control = try ControlServer(path: "\(directory)/control.sock") { [unowned self] in answer($0, $1) }
    store?.open()
    record(.boot(version: Self.version, node: settings.node, board: settings.board))
    connectJournal()
    services.start()
    startWorkers()
    connectLines()
    connectAutomations()
    lines.start()
    replies.onSpeaker = { [unowned self] in watchSpeaker($0) }
    voice?.onMicrophone = { [unowned self] in watch($0) }
    voice?.start()
    serviceManager.ready("running on board \(settings.board)")
    serviceManager.startWatchdog { [unowned self] in isHealthy }
    log.info(
      "ready: board \(settings.board), \(settings.lines.count) lines, \(settings.commands.count) commands")
    startAutomations()
    _ = loop.after(Self.startMax, name: "release start memory") { OwnProgram.releaseStartMemory() }
  }

  /// Ends everything: outputs safe, children gone, files closed. Returns within `stopLimit`.
  public func stop() async {
    hasStopped = true
    serviceManager.stopping()
    control?.close()
    voice?.stop()
    await automations.hasBegun(within: Self.beginLimit)
    stopAutomations()
    orchestrator.stop()
    replies.stop()
    lines.stop()
    await services.stop()
    await voice?.ended()
    record(.shutdown)
    await store?.close()
  }

  /// What belongs to a request that begins now.
  func exchange(_ id: Int?, budget: Duration? = nil) -> Exchange {
    Exchange(id: id, speechEnd: loop.now, budget: budget ?? settings.voice.deadline)
  }

  private func connectLines() {
    lines.onGesture = { [unowned self] line, gesture, at in
      timeline.emit(TimelineEntry(.gesture, "\(line) \(gesture.rawValue)"))
      if gesture == .release { held.remove(line) }
      let trigger = Trigger.gesture(line: line, gesture)
      guard automations.isAwaited(trigger) else { return }
      // A button that is held repeats itself: one row for all of it.
      let isRepeated = gesture == .hold && !held.insert(line).inserted
      if !isRepeated { record(.gesture(line: line, gesture), at: at) }
      automations.fire(trigger, isRepeated ? ["repeated": true] : [:], exchange: exchange(nil))
    }
    lines.onEdge = { [unowned self] edge in
      automations.value(.level(line: edge.line), .bool(edge.isActive))
      for observer in lineObservers.values { observer(edge) }
    }
    lines.onEvent = { [unowned self] text in timeline.emit(TimelineEntry(.device, text)) }
  }

  /// Gaps in what is heard are counted by the driver and not worth an entry each.
  private func watchSpeaker(_ event: AudioEvent) {
    if case .xrun(let total) = event {
      return log.once("underrun", every: .seconds(60), "speaker: \(total) gaps in what was heard since start")
    }
    speakerState = event.summary
    timeline.emit(TimelineEntry(.device, event.summary(of: "speaker")))
  }

  private func watch(_ event: AudioEvent) {
    if case .xrun(let total) = event { overruns = total } else { microphoneState = event.summary }
  }

  /// The log is one more observer of the timeline.
  private func observe() {
    let voiceLog = Logger("voice")
    _ = timeline.add { [unowned self] entry in
      if entry.stage == .utterance { utterances += 1 }
      let who = entry.utterance.map { "utterance \($0): " } ?? ""
      let what = entry.isSpoken && !settings.log.spokenText ? "(not logged)" : entry.text
      let since = entry.sinceSpeechEndMS.map { " (+\(Int($0.rounded())) ms)" } ?? ""
      let line = "\(who)\(entry.stage.rawValue) \(what)\(since)"
      entry.stage == .failure || entry.stage == .device ? voiceLog.notice(line) : voiceLog.info(line)
    }
    loop.onStall = { [log] name, duration in
      log.once(
        "stall.\(name)", level: .warning, every: .seconds(60),
        "'\(name)' held the loop for \(Int(duration.milliseconds)) ms")
    }
  }

  nonisolated static func cues(_ sounds: SoundSettings) throws(SoundError) -> [Replies.Cue: Sound] {
    var cues: [Replies.Cue: Sound] = [:]
    for (cue, name) in [(Replies.Cue.wake, sounds.wake), (.failure, sounds.failure)] where name != "none" {
      if let tone = Tones.named(name) { cues[cue] = tone } else { cues[cue] = try SoundFile.load(name) }
    }
    return cues
  }

  static func apply(_ settings: LogSettings) {
    Logging.level = LogLevel(settings.level)
    for module in Logging.moduleLevels.keys { Logging.setLevel(nil, of: module) }
    for (module, level) in settings.modules { Logging.setLevel(LogLevel(level), of: module) }
  }
}

extension LogLevel {
  init(_ level: LogSettings.Level) {
    switch level {
    case .debug: self = .debug
    case .info: self = .info
    case .notice: self = .notice
    case .warning: self = .warning
    case .error: self = .error
    }
  }
}
