// SPDX-License-Identifier: Apache-2.0
import Configuration
import Loop
import Posix
import Speech
import Spelling
import Workers
import Wyoming

/// The workers of the voice path: children that we keep running, and the clients that talk to them.
@LoopActor public final class SpeechServices {
  public let wake: WakeClient?
  public let speechToText: SpeechToTextClient?
  public let textToSpeech: TextToSpeechClient?
  public let intent: IntentClient?
  public let handle: HandleClient?
  /// The voice of replies, as the text-to-speech worker names it.
  public let voice: WyomingVoice?
  /// The language that is spoken to us.
  public let language: String?
  public private(set) var children: [ChildWorker] = []
  /// Every service that is used, by the worker's name.
  public let byName: [String: WyomingService]

  private let directory: String
  private let grammarFile: String

  /// - Parameters:
  ///   - needsVoice: false leaves out wake and speech-to-text: there is no microphone.
  ///   - directory: for sockets and the grammar file.
  /// - Throws: `EndpointError` for a worker's URL; `SystemError` when the grammar can't be written.
  public init(_ settings: Settings, grammar: CommandGrammar, needsVoice: Bool, directory: String) throws {
    self.directory = directory
    grammarFile = "\(directory)/commands.jsgf"
    try Self.write(
      grammar.jsgf(name: "commands", optionalPrefixes: settings.wakePhrases.map(\.phrase)), to: grammarFile)

    let roles = settings.services
    let hearsWake = needsVoice && settings.voice.wakeMode == .phrase
    var shared: [String: WyomingService] = [:]
    func service(_ name: String, if isNeeded: Bool) throws -> WyomingService? {
      guard isNeeded, let worker = settings.workers.first(where: { $0.name == name }) else { return nil }
      if let known = shared[name] { return known }
      let service = WyomingService(name: name, endpoint: try Self.endpoint(of: worker, in: directory))
      shared[name] = service
      return service
    }
    let names = settings.wakePhrases.map(\.phrase)
    wake = try service(roles.wake, if: hearsWake).map { WakeClient($0, names: names) }
    speechToText = try service(roles.speechToText, if: needsVoice).map(SpeechToTextClient.init)
    textToSpeech = try service(roles.textToSpeech, if: settings.speaker.device != nil)
      .map(TextToSpeechClient.init)
    intent = try roles.intent.flatMap { try service($0, if: true) }.map(IntentClient.init)
    handle = try roles.handle.flatMap { try service($0, if: true) }.map(HandleClient.init)
    for worker in settings.workers where worker.kind == .wyoming && settings.needsService(worker) {
      if !worker.realms.isEmpty { _ = try service(worker.name, if: true) }
    }
    byName = shared
    let speaking = settings.workers.first { $0.name == roles.textToSpeech }
    voice = speaking.map { WyomingVoice(name: $0.voice, language: $0.voice == nil ? $0.language : nil) }
    language = settings.workers.first { $0.name == roles.speechToText }?.language
    for worker in settings.workers where shared[worker.name] != nil {
      if let child = child(worker, settings) { children.append(child) }
    }
  }

  public func start() { for child in children { child.start() } }

  /// Ends the children, all at the same time.
  public func stop() async {
    let ends = children.map { child in LoopActor.spawn("end \(child.name)") { await child.stop() } }
    for end in ends { try? await end.value }
  }

  /// Gives the children a new grammar.
  /// - Throws: `SystemError` when the file can't be written; the old grammar stays.
  public func reload(_ grammar: CommandGrammar, wakePhrases: [WakePhrase]) throws {
    try Self.write(
      grammar.jsgf(name: "commands", optionalPrefixes: wakePhrases.map(\.phrase)), to: grammarFile)
    for child in children { child.reload() }
  }

  private static func endpoint(of worker: WorkerSettings, in directory: String) throws -> Endpoint {
    switch worker.place {
    case .url(let url): try Endpoint(url)
    case .child: .unix(path: "\(directory)/\(worker.name).sock")
    }
  }

  private func child(_ worker: WorkerSettings, _ settings: Settings) -> ChildWorker? {
    guard case .child(let argv) = worker.place else { return nil }
    let arguments = argv.flatMap { argument -> [String] in
      if argument == "{options}" { return options(worker, settings) }
      return [
        argument.replacing("{socket}", with: "\(directory)/\(worker.name).sock")
          .replacing("{directory}", with: directory)
      ]
    }
    return ChildWorker(worker, arguments: [OwnProgram.beside(arguments[0])] + arguments.dropFirst())
  }

  /// What `{options}` stands for: the wake phrases and the grammar, as `mtor-speech` takes them.
  private func options(_ worker: WorkerSettings, _ settings: Settings) -> [String] {
    var options = ["--grammar", grammarFile]
    for phrase in settings.wakePhrases {
      let verify = phrase.verify.map { "\($0)" } ?? "off"
      options += ["--wake", "\(phrase.phrase)@\(phrase.threshold)/\(verify)"]
    }
    if let voice = worker.voice { options += ["--voice", voice] }
    return options
  }

  /// It is made anew at each start, so it need not survive a power cut.
  private static func write(_ text: String, to path: String) throws(SystemError) {
    try DurableFile.replace(path, Array(text.utf8), mode: 0o640, survivesPowerCut: false)
  }
}

extension Settings {
  /// The voice path uses it, or its process has to run for a realm.
  func needsService(_ worker: WorkerSettings) -> Bool {
    let roles = [
      services.wake, services.speechToText, services.textToSpeech, services.intent, services.handle,
    ]
    if roles.contains(worker.name) { return true }
    if case .child = worker.place { return !worker.realms.isEmpty }
    return false
  }
}
