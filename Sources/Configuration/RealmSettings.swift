// SPDX-License-Identifier: Apache-2.0
import Intents
import Time

/// A kind of work and how its requests are treated.
public struct RealmSettings: Sendable, Equatable {
  /// What its workers are asked to do. Raw values are the configuration's words.
  public enum Kind: String, Sendable, CaseIterable {
    case chat, vision, imagine, speech, speak, command

    /// What a worker that serves such a realm does.
    public var task: WorkerSettings.Task {
      switch self {
      case .chat, .vision, .command: .chat
      case .imagine: .imagine
      case .speech: .transcribe
      case .speak: .speak
      }
    }

    /// For requests that bring no deadline.
    var deadline: Duration {
      switch self {
      case .chat, .vision, .command: .seconds(30)
      case .imagine: .seconds(120)
      case .speech, .speak: .seconds(15)
      }
    }
  }

  /// Some workers of the realm, by a name that a request's model may be.
  public struct Pool: Sendable, Equatable {
    public var name: String
    public var members: [String] = []
    public var strategy = Strategy.auto

    public init(_ name: String) { self.name = name }
  }

  /// Those that need no configuration, with what they are for.
  public static let standard: [(name: String, kind: Kind)] = [
    ("$SPEECH", .speech), ("$CHAT", .chat), ("$VISION", .vision), ("$IMAGINE", .imagine), ("$SPEAK", .speak),
    ("$COMMAND", .command),
  ]

  /// `$` and capital letters, digits, `_`.
  public var name: String
  public var kind: Kind
  public var queueMax = 64
  public var deadline: Duration
  public var strategy = Strategy.health
  /// Realms that serve its requests when it is overloaded or has no worker.
  public var backups: [String] = []
  public var pools: [Pool] = []

  /// As it is when nothing else is said.
  public init(_ name: String) {
    self.name = name
    kind = Self.standard.first { $0.name == name }?.kind ?? .chat
    deadline = kind.deadline
  }

  public static func isStandard(_ name: String) -> Bool { standard.contains { $0.name == name } }
}

/// Where free text goes that is no command.
public struct RoutingSettings: Sendable, Equatable {
  public struct Rule: Sendable, Equatable {
    public var name: String
    public var words: [String] = []
    public var realm = ""

    public init(_ name: String) { self.name = name }
  }

  /// The first that matches decides.
  public var rules: [Rule] = []
  /// The realm whose workers are asked; nil: nobody is.
  public var classifier: String?
  /// Realms that the classifier may name.
  public var choices: [String] = []
  public var budget: Duration = .milliseconds(1500)
  /// For everything else; nil: it is refused.
  public var fallback: String? = "$CHAT"

  public init() {}

  /// Every realm that it names.
  var realms: [String] {
    rules.map(\.realm) + choices + [classifier, fallback].compactMap { $0 }
  }
}

extension Settings {
  /// The worker that comes with mtor is there wherever a service names it.
  mutating func completeWorkers() {
    let speech = WorkerSettings.offlineSpeech
    let roles = [services.wake, services.speechToText, services.textToSpeech]
    if roles.contains(speech.name), !workers.contains(where: { $0.name == speech.name }) {
      workers.append(speech)
    }
  }

  /// Adds the standard realms that something names.
  mutating func completeRealms() {
    let named = workers.flatMap(\.realms) + realms.flatMap(\.backups) + routing.realms
    for standard in RealmSettings.standard where named.contains(standard.name) {
      if standard.name == routing.fallback, !workers.contains(where: { $0.realms.contains(standard.name) }) {
        continue
      }
      if !realms.contains(where: { $0.name == standard.name }) { realms.append(RealmSettings(standard.name)) }
    }
  }
}
