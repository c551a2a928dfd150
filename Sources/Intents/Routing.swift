// SPDX-License-Identifier: Apache-2.0
import Time

/// Where free text goes when nobody said so.
public struct RoutingProfile: Sendable, Equatable {
  /// Goes to `realm` when one of the words is in the text.
  public struct Rule: Sendable, Equatable {
    public var name: String
    /// Small letters.
    public var keywords: Set<String>
    public var realm: String

    public init(_ name: String, keywords: Set<String>, realm: String) {
      self.name = name
      self.keywords = keywords
      self.realm = realm
    }
  }

  /// The first that matches decides.
  public var rules: [Rule]
  /// The realm whose workers are asked for the realm, and the realms it may name; nil: nobody is asked.
  public var classifier: String?
  public var choices: [String]
  /// For the classifier; at most a quarter of the intent's time is given to it in any case.
  public var budget: Duration
  /// For everything else.
  public var fallback: String

  public init(
    rules: [Rule] = [], classifier: String? = nil, choices: [String] = [],
    budget: Duration = .milliseconds(1500), fallback: String = "$CHAT"
  ) {
    self.rules = rules
    self.classifier = classifier
    self.choices = choices
    self.budget = budget
    self.fallback = fallback
  }
}

/// Finds out where one text goes: a command if it is one; else as a rule says; else, when configured, as
/// a chat worker says; else the default. Ends with exactly one `command` or `realm`.
public struct Routing: Sendable {
  public enum Event: Sendable, Equatable {
    case begin
    /// Whether the command grammar knows the text.
    case matched(Bool)
    /// How the classifying intent ended.
    case classified(Outcome)
  }

  public enum Action: Sendable, Equatable {
    /// Look whether it is a command and report `matched`.
    case match(String)
    /// Submit it and report `classified`.
    case classify(Intent)
    /// It is a command: do it.
    case command
    case realm(String, because: Reason)
  }

  public enum Reason: Sendable, Equatable {
    case rule(String)
    case classifier
    case fallback(String)
  }

  private enum State: Sendable { case new, matching, classifying, done }

  private let profile: RoutingProfile
  private let intent: Intent
  private var state = State.new

  public init(_ profile: RoutingProfile, _ intent: Intent) {
    self.profile = profile
    self.intent = intent
  }

  public mutating func handle(_ event: Event, at now: Instant) -> [Action] {
    switch (state, event) {
    case (.new, .begin):
      state = .matching
      return [.match(intent.payload.text)]
    case (.matching, .matched(true)):
      state = .done
      return [.command]
    case (.matching, .matched(false)): return byRule(now)
    case (.classifying, .classified(let outcome)): return end(outcome)
    default: return []
    }
  }

  private mutating func byRule(_ now: Instant) -> [Action] {
    let words = Self.words(intent.payload.text)
    if let rule = profile.rules.first(where: { !$0.keywords.isDisjoint(with: words) }) {
      return end(rule.realm, .rule(rule.name))
    }
    guard let classifier = profile.classifier, !profile.choices.isEmpty else {
      return end(profile.fallback, .fallback("no rule is about it"))
    }
    state = .classifying
    let budget = min(profile.budget, (intent.deadline - now) / 4)
    return [
      .classify(
        Intent(
          id: "\(intent.id).route", realm: classifier, payload: .text(question), deadline: now + budget,
          priority: intent.priority, origin: intent.origin, user: intent.user, isIdempotent: true,
          parent: intent.id))
    ]
  }

  private mutating func end(_ outcome: Outcome) -> [Action] {
    guard case .completed(let completion) = outcome else {
      return end(profile.fallback, .fallback("the classifier gave no answer"))
    }
    let words = Self.words(completion.payload.text)
    let named = profile.choices.filter { words.contains(Self.word($0)) }
    guard let realm = named.first, named.count == 1 else {
      return end(profile.fallback, .fallback("the classifier named \(named.count) realms"))
    }
    return end(realm, .classifier)
  }

  private mutating func end(_ realm: String, _ reason: Reason) -> [Action] {
    state = .done
    return [.realm(realm, because: reason)]
  }

  private var question: String {
    let names = profile.choices.map(Self.word).joined(separator: ", ")
    return """
      Which of these kinds of work does the request ask for: \(names)? Answer with one of these words \
      and nothing else.
      Request: \(intent.payload.text)
      """
  }

  /// `$CHAT` → `chat`
  private static func word(_ realm: String) -> String {
    String(realm.drop { $0 == "$" }).lowercased()
  }

  private static func words(_ text: String) -> Set<String> {
    Set(text.lowercased().split { !$0.isLetter && !$0.isNumber && $0 != "_" }.map(String.init))
  }
}
