// SPDX-License-Identifier: Apache-2.0
import Log
import Loop
import PocketSphinx
import Synthesis
import Time
import Wyoming
import WyomingTransport

/// The engines and the server that offers them.
///
/// Decoders live on named queues, each used by one session at a time; the first of each kind is
/// loaded at once, all kinds in parallel, while the socket already answers `describe`.
@LoopActor public final class SpeechService {
  public let options: WorkerOptions
  public let info: WyomingInfo
  /// Called once: nil when all is loaded, else what cannot be.
  public var onLoaded: (@LoopActor ((any Error)?) -> Void)?

  let wake: EnginePool<WakeSpotter>?
  let synthesis: EngineSlot<SynthesizerSet>
  private let grammar: EnginePool<any Recognizer>?
  private let dictation: EnginePool<any Recognizer>?
  private var server: WyomingServer?
  private var connections: [ObjectIdentifier: SpeechConnection] = [:]
  private let log = Logger("speech")

  /// Checks the voice, listens, and begins to load.
  /// - Throws: `SynthesisError`; `SystemError` naming the address.
  public init(_ options: WorkerOptions) throws {
    self.options = options
    let synthesizers = try SynthesizerSet(voice: options.voice)
    info = WorkerInfo.make(options, synthesizers.engines)
    synthesis = EngineSlot("tts") { try SynthesizerSet(voice: options.voice) }
    wake = options.phrases.isEmpty ? nil : Self.wakePool(options)
    grammar = options.grammar.map { Self.grammarPool(options, $0) }
    dictation = options.dictation ? Self.dictationPool(options) : nil
    server = try WyomingServer(options.endpoint, limits: Self.limits) { [weak self] in self?.accept($0) }
    server?.onError = { [log] in log.once("accept", level: .warning, "\($0)") }
    load()
  }

  /// Where it listens: port 0 has become a number.
  public var endpointText: String { server.map { "\($0.endpoint)" } ?? "nowhere" }
  public var connectionCount: Int { connections.count }

  /// Reads the grammar again; sessions go on with the old one until it is loaded. A bad one
  /// changes nothing and is logged.
  public func reload(_ done: @escaping @LoopActor ((any Error)?) -> Void = { _ in }) {
    guard let grammar, let file = options.grammar else { return done(nil) }
    grammar.load { [log] error in
      if let error {
        log.error("\(error); the grammar in use is kept")
      } else {
        log.notice("\(file) read again")
      }
      done(error)
    }
  }

  /// Ends all sessions and the server. The synthesis under way is cut short.
  public func stop() {
    for connection in connections.values { connection.close() }
    connections = [:]
    server?.stop(within: .milliseconds(200))
    server = nil
  }

  /// The pool for a model by name; nil names the grammar, or dictation without one.
  func recognizer(_ model: String?) -> EnginePool<any Recognizer>? {
    switch model {
    case nil: grammar ?? dictation
    case "commands": grammar
    case "dictation": dictation
    default: nil
    }
  }

  func forget(_ connection: SpeechConnection) { connections[ObjectIdentifier(connection)] = nil }

  private func accept(_ stream: WyomingStream) {
    let connection = SpeechConnection(stream, self)
    connections[ObjectIdentifier(connection)] = connection
  }

  private func load() {
    var open = 2
    var failure: (any Error)?
    let loaded: @LoopActor ((any Error)?) -> Void = { [weak self] error in
      open -= 1
      failure = failure ?? error
      if open == 0 { self?.onLoaded?(failure) }
    }
    let loop = LoopActor.shared.loop
    if let wake { wake.load(loaded) } else { loop.post { loaded(nil) } }
    if let grammar { grammar.load(loaded) } else { loop.post { loaded(nil) } }
  }

  private static func wakePool(_ options: WorkerOptions) -> EnginePool<WakeSpotter> {
    EnginePool("wake", sessionsMax: options.sessionsMax) {
      let checked = try ModelCheck.acousticModel(options.model)
      return try WakeSpotter(model: options.model, checked: checked, phrases: options.phrases)
    }
  }

  private static func grammarPool(
    _ options: WorkerOptions, _ path: String
  ) -> EnginePool<any Recognizer> {
    EnginePool("asr", sessionsMax: options.sessionsMax) {
      let checked = try ModelCheck.acousticModel(options.model)
      return try GrammarRecognizer(
        model: options.model, checked: checked, grammar: GrammarFile(path: path), name: path,
        marginMin: options.marginMin)
    }
  }

  private static func dictationPool(_ options: WorkerOptions) -> EnginePool<any Recognizer> {
    EnginePool("dictation", sessionsMax: 1) {
      _ = try ModelCheck.acousticModel(options.model)
      return try DictationRecognizer(model: options.model)
    }
  }

  /// Speech that waits for all clients together. What would be more is refused: the worker shares its
  /// memory limit with `mtor`.
  public nonisolated static let waitingMaxBytes = 32 << 20

  var waitingBytes: Int { connections.values.reduce(0) { $0 + $1.waitingBytes } }

  /// Speech is synthesised far faster than it is heard: a client may leave five minutes of it
  /// waiting, which is more than one request can make.
  private static var limits: WyomingServer.Limits {
    var limits = WyomingServer.Limits()
    limits.stream.audioBacklogMaxBytes = 12 << 20
    limits.stream.backlogMaxBytes = 13 << 20
    return limits
  }
}
