// SPDX-License-Identifier: Apache-2.0
import Configuration
import Glibc
import HTTPClient
import HTTPTransport
import Intents
import JSON
import Loop
import Posix
import Time
import Workers
import Wyoming

/// Makes workers of settings. Reads key files: small, and at start and reload only.
@LoopActor struct WorkerFactory {
  /// Of the voice path, by the worker's name; others get a connection of their own.
  var services: [String: WyomingService] = [:]
  /// Types of realms, by name.
  var types: [String: RealmSettings.Kind] = [:]
  /// This node's name, for workers that must not ask in circles.
  var node = "mtor"

  /// Longest key file.
  nonisolated static let keyMaxBytes = 4096

  /// The worker, or one that says why it cannot be used: the others must not suffer from it.
  func worker(_ settings: WorkerSettings) -> any Worker {
    do throws(WorkerFailure) {
      return try make(settings, task(settings))
    } catch { return UnusableWorker(error) }
  }

  func profile(_ settings: WorkerSettings) -> WorkerProfile {
    WorkerProfile(
      settings.name, realms: settings.realms, models: settings.model.map { [$0] } ?? [],
      slots: settings.slots ?? (settings.kind == .exec ? settings.processesMax : nil),
      probeInterval: settings.probeInterval, topics: Set(settings.topics.map { $0.lowercased() }))
  }

  private func task(_ settings: WorkerSettings) -> WorkerSettings.Task {
    settings.task ?? settings.realms.first.flatMap { types[$0] }?.task ?? .chat
  }

  private func make(
    _ settings: WorkerSettings, _ task: WorkerSettings.Task
  ) throws(WorkerFailure) -> any Worker {
    switch (settings.kind, settings.place) {
    case (.wyoming, _): return try wyoming(settings)
    case (.openai, .url(let url)):
      let dialect = OpenAIDialect(
        WorkerTask(task), model: settings.model, system: settings.system,
        options: options(settings, voice: "voice"))
      let http = try http(settings, url) { HTTPField("Authorization", "Bearer \($0)") }
      return try Self.checked(settings) { () throws(HTTPError) in
        try HTTPWorker(settings.name, http, openai: dialect)
      }
    case (.anthropic, .url(let url)):
      let dialect = AnthropicDialect(
        model: settings.model ?? "", system: settings.system, options: options(settings))
      let http = try http(settings, url) { HTTPField("x-api-key", $0) }
      return try Self.checked(settings) { () throws(HTTPError) in
        try HTTPWorker(settings.name, http, anthropic: dialect)
      }
    case (.rentahal, .url(let url)):
      let dialect = RentAHalDialect(WorkerTask(task), model: settings.model, options: options(settings))
      let field = try key(settings).map { HTTPField("Authorization", "Bearer \($0)") }
      return try Self.checked(settings) { () throws(HTTPError) in
        try HTTPWorker(settings.name, rentAHal: url, dialect) { http in
          Self.trust(settings, &http)
          if let field { http.fields.append(field) }
        }
      }
    case (.mtor, .url(let url)):
      let dialect = MtorDialect(node: node)
      let http = try http(settings, url) { HTTPField("Authorization", "Bearer \($0)") }
      return try Self.checked(settings) { () throws(HTTPError) in
        try HTTPWorker(settings.name, http, mtor: dialect)
      }
    case (.exec, .child(let argv)): return ExecWorker(settings.name, exec(settings, argv))
    case (.exec, .url), (_, .child):
      // The configuration's check tells this with its line.
      throw WorkerFailure(
        worker: settings.name, .misconfigured, "kind \(settings.kind.rawValue) is found elsewhere")
    }
  }

  private func exec(_ settings: WorkerSettings, _ argv: [String]) -> ExecSettings {
    var exec = ExecSettings(argv)
    exec.memoryMaxBytes = settings.memoryMaxBytes.map { UInt64(clamping: $0) }
    exec.niceness = Int32(clamping: settings.nice)
    exec.processesMin = settings.processesMin
    exec.processesMax = settings.processesMax
    return exec
  }

  private func wyoming(_ settings: WorkerSettings) throws(WorkerFailure) -> any Worker {
    let service: WyomingService
    if let known = services[settings.name] {
      service = known
    } else if case .url(let url) = settings.place, let endpoint = try? Endpoint(url) {
      service = WyomingService(name: settings.name, endpoint: endpoint)
    } else {
      throw WorkerFailure(
        worker: settings.name, .unreachable, "its program is started with the next start of mtor")
    }
    let voice = WyomingVoice(name: settings.voice, language: settings.voice == nil ? settings.language : nil)
    return WyomingWorker(service, voice: voice, language: settings.language)
  }

  private func http(
    _ settings: WorkerSettings, _ url: String, _ field: (String) -> HTTPField
  ) throws(WorkerFailure) -> HTTPWorkerSettings {
    let address = try Self.checked(settings) { () throws(HTTPError) in try HTTPURL(url) }
    var http = HTTPWorkerSettings(address)
    Self.trust(settings, &http)
    if let key = try key(settings) { http.fields.append(field(key)) }
    return http
  }

  private static func trust(_ settings: WorkerSettings, _ http: inout HTTPWorkerSettings) {
    http.trust = HTTPTrust(authorityFile: settings.authorityFile, pinnedKey: settings.pinnedKey)
    http.proxy = settings.proxy
    http.connectTimeout = settings.connectTimeout
  }

  private static func checked<Value>(
    _ settings: WorkerSettings, _ body: () throws(HTTPError) -> Value
  ) throws(WorkerFailure) -> Value {
    do throws(HTTPError) {
      return try body()
    } catch { throw WorkerFailure(worker: settings.name, .misconfigured, "\(error)") }
  }

  /// The key, without the newline at its end; nil: none is wanted.
  private func key(_ settings: WorkerSettings) throws(WorkerFailure) -> String? {
    guard let file = settings.keyFile else { return nil }
    func failure(_ text: String) -> WorkerFailure {
      WorkerFailure(worker: settings.name, .misconfigured, text)
    }
    var path = file
    if !file.contains("/") {
      guard let directory = ServiceManager.environment("CREDENTIALS_DIRECTORY") else {
        throw failure("credential \(file): there are none (LoadCredential= in the unit), or write a path")
      }
      path = "\(directory)/\(file)"
    }
    let bytes: [UInt8]
    do throws(SystemError) {
      bytes = try FileDescriptor.open(path, O_RDONLY | O_NONBLOCK).read(upTo: Self.keyMaxBytes)
    } catch { throw failure("key file \(path): \(error)") }
    let key = String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace }
    if key.isEmpty { throw failure("key file \(path) is empty") }
    return key
  }

  /// The options of the file as JSON, and the voice where speech is made.
  private func options(_ settings: WorkerSettings, voice key: String? = nil) -> JSONObject {
    var options = JSONObject()
    if let key, let voice = settings.voice { options[key] = .string(voice) }
    for (key, text) in settings.options.sorted(by: { $0.key < $1.key }) { options[key] = Self.value(text) }
    return options
  }

  private static func value(_ text: String) -> JSONValue {
    if let number = Int64(text) { return .integer(number) }
    if let number = Double(text), number.isFinite { return .number(number) }
    switch text {
    case "true", "on": return true
    case "false", "off": return false
    default: return .string(text)
    }
  }
}

extension WorkerTask {
  init(_ task: WorkerSettings.Task) {
    switch task {
    case .chat: self = .chat
    case .transcribe: self = .transcribe
    case .speak: self = .speak
    case .imagine: self = .imagine
    }
  }
}

/// Stands for a worker that cannot be used as it is configured, and says why.
@LoopActor final class UnusableWorker: Worker {
  nonisolated let name: String
  private let failure: WorkerFailure

  init(_ failure: WorkerFailure) {
    name = failure.worker
    self.failure = failure
  }

  func probe(until deadline: Instant) async -> ProbeResult { .dead(failure) }

  func call(_ request: WorkerRequest, _ events: @escaping WorkerEvent.Handler) -> any WorkerCall {
    let call = Call(events)
    LoopActor.shared.loop.post { [failure] in call.events?(.ended(.failure(failure))) }
    return call
  }

  @LoopActor private final class Call: WorkerCall {
    var events: WorkerEvent.Handler?
    init(_ events: @escaping WorkerEvent.Handler) { self.events = events }
    func cancel() { events = nil }
  }
}
