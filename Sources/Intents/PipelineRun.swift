// SPDX-License-Identifier: Apache-2.0
import Time

/// One request on its way through a pipeline. Stages overlap: pieces of a transcript are told, and
/// sentences of an answer are synthesised and played while it is being written.
///
/// The request's deadline is that of the first sound, or of the answer when nothing is spoken. Ends with
/// exactly one `end`; intents of steps that are still under way are cancelled before it.
public struct PipelineRun: Sendable {
  public enum Event: Sendable, Equatable {
    case begin
    /// A piece of a step's answer.
    case streamed(id: String, Payload)
    /// A step's intent has ended.
    case settled(id: String, Outcome)
    /// It was a command, and what became of it.
    case command(Outcome)
    /// It is for this realm.
    case routed(realm: String)
    case cancelled(Cancellation)
    case tick
  }

  public enum Action: Sendable, Equatable {
    case submit(Intent)
    case cancel(id: String, Cancellation)
    /// What was understood so far.
    case partial(String)
    /// Find out what the text is for; report `command` or `routed`.
    case route(String)
    case fire(rule: String, text: String)
    /// Sound of a sentence, in the order in which it is to be heard.
    case play(Payload)
    case end(Outcome)
  }

  /// Sentences being synthesised at the same time: one is heard, one is made.
  public static let sentencesMax = 2
  /// Sentences that wait; the rest of a longer answer is not spoken.
  public static let sentencesWaitingMax = 64
  /// For what comes after the first sound: a sentence, and the text as a whole.
  public static let sentenceBudget: Duration = .seconds(10)
  public static let textBudget: Duration = .seconds(60)

  private struct Sentence: Sendable {
    let id: String
    var pieces: [Payload] = []
    var hasStreamed = false
    var outcome: Outcome?
  }

  private let request: Intent
  private let stages: [Pipeline.Stage]
  private var stage = -1
  private var steps = 0
  /// The step that is under way, unless sentences are.
  private var current: String?
  private var text = ""
  /// What the text stage gave in pieces goes to the splitter at once.
  private var splitter = SentenceSplitter()
  private var waiting: [String] = []
  private var sentences: [Sentence] = []
  private var textHasEnded = false
  private var hasPlayed = false
  private var failure: Outcome?
  private var hasEnded = false

  /// - Parameter request: its payload is what the first stage gets; its id begins those of the steps.
  public init(_ pipeline: Pipeline, _ request: Intent) {
    self.request = request
    stages = pipeline.stages
  }

  /// When `tick` is wanted; nil: not any more.
  public var nextDeadline: Instant? { hasEnded || hasPlayed ? nil : request.deadline }

  public mutating func handle(_ event: Event, at now: Instant) -> [Action] {
    if hasEnded { return [] }
    var actions: [Action] = []
    switch event {
    case .begin: advance(request.payload, now, &actions)
    case .streamed(let id, let piece): streamed(id, piece, now, &actions)
    case .settled(let id, let outcome): settled(id, outcome, now, &actions)
    case .command(let outcome): stepEnded(outcome, now, &actions)
    case .routed(let realm): ask(realm, nil, .text(text), now, &actions)
    case .cancelled(let cause): end(.rejected(.cancelled(cause)), cause, &actions)
    case .tick:
      if let nextDeadline, nextDeadline <= now { end(.expired(stage: stageName), .user, &actions) }
    }
    return actions
  }

  // MARK: Stages

  private mutating func advance(_ payload: Payload, _ now: Instant, _ actions: inout [Action]) {
    stage += 1
    text = payload.text
    guard stages.indices.contains(stage) else {
      return end(.completed(Completion(payload: payload)), .user, &actions)
    }
    switch stages[stage] {
    case .ask(let realm, let model, let prompt):
      var payload = payload
      if let prompt { payload.text = payload.text.isEmpty ? prompt : "\(prompt)\n\(payload.text)" }
      ask(realm, model, payload, now, &actions)
    case .route: actions.append(.route(text))
    case .fire(let rule):
      actions.append(.fire(rule: rule, text: text))
      advance(payload, now, &actions)
    case .speak: finishText(text, now, &actions)
    }
  }

  private mutating func ask(
    _ realm: String, _ model: String?, _ payload: Payload, _ now: Instant, _ actions: inout [Action]
  ) {
    // The deadline is for the first sound; text that is being spoken may take longer.
    let deadline = nextSpeaks ? max(request.deadline, now + Self.textBudget) : request.deadline
    let id = nextID()
    current = id
    actions.append(.submit(intent(id, realm, model, payload, deadline)))
  }

  private mutating func streamed(_ id: String, _ piece: Payload, _ now: Instant, _ actions: inout [Action]) {
    if id == current {
      if nextSpeaks {
        queue(splitter.add(piece.text))
        synthesize(now, &actions)
      } else {
        actions.append(.partial(piece.text))
      }
    } else if let index = sentences.firstIndex(where: { $0.id == id }) {
      sentences[index].pieces.append(piece)
      sentences[index].hasStreamed = true
      play(now, &actions)
    }
  }

  private mutating func settled(_ id: String, _ outcome: Outcome, _ now: Instant, _ actions: inout [Action]) {
    if id == current {
      current = nil
      stepEnded(outcome, now, &actions)
    } else if let index = sentences.firstIndex(where: { $0.id == id }) {
      sentences[index].outcome = outcome
      play(now, &actions)
    }
  }

  private mutating func stepEnded(_ outcome: Outcome, _ now: Instant, _ actions: inout [Action]) {
    guard case .completed(let completion) = outcome else { return end(outcome, .user, &actions) }
    if nextSpeaks, !waiting.isEmpty || !sentences.isEmpty || hasPlayed {
      // It has come in pieces.
      stage += 1
      text = completion.payload.text
      queue(splitter.finish().map { [$0] } ?? [])
      textHasEnded = true
      synthesize(now, &actions)
    } else {
      splitter = SentenceSplitter()
      advance(completion.payload, now, &actions)
    }
  }

  // MARK: Speaking

  private mutating func finishText(_ text: String, _ now: Instant, _ actions: inout [Action]) {
    queue(splitter.add(text) + (splitter.finish().map { [$0] } ?? []))
    textHasEnded = true
    synthesize(now, &actions)
  }

  private mutating func queue(_ new: [String]) {
    waiting += new.prefix(max(0, Self.sentencesWaitingMax - waiting.count))
  }

  private mutating func synthesize(_ now: Instant, _ actions: inout [Action]) {
    while sentences.count < Self.sentencesMax, !waiting.isEmpty, case .speak(let realm)? = stages.last {
      let isFirst = !hasPlayed && sentences.isEmpty
      let deadline = isFirst ? request.deadline : now + Self.sentenceBudget
      let id = nextID()
      sentences.append(Sentence(id: id))
      actions.append(.submit(intent(id, realm, nil, .text(waiting.removeFirst()), deadline)))
    }
    endIfSpoken(&actions)
  }

  /// What there is of the first sentence, then of the next one.
  private mutating func play(_ now: Instant, _ actions: inout [Action]) {
    while let first = sentences.first {
      for piece in first.pieces { actions.append(.play(piece)) }
      if !first.pieces.isEmpty { hasPlayed = true }
      sentences[0].pieces = []
      guard let outcome = first.outcome else { break }
      if case .completed(let completion) = outcome {
        if !first.hasStreamed { actions.append(.play(completion.payload)) }
        hasPlayed = true
      } else {
        failure = failure ?? outcome
      }
      sentences.removeFirst()
    }
    synthesize(now, &actions)
  }

  private mutating func endIfSpoken(_ actions: inout [Action]) {
    guard textHasEnded, waiting.isEmpty, sentences.isEmpty else { return }
    let isSilent = !hasPlayed && failure != nil
    end(isSilent ? failure ?? .completed(text: text) : .completed(text: text), .user, &actions)
  }

  // MARK: Ends and names

  private mutating func end(_ outcome: Outcome, _ cause: Cancellation, _ actions: inout [Action]) {
    hasEnded = true
    for id in [current].compactMap({ $0 }) + sentences.filter({ $0.outcome == nil }).map(\.id) {
      actions.append(.cancel(id: id, cause))
    }
    actions.append(.end(outcome))
  }

  private var nextSpeaks: Bool {
    guard stages.indices.contains(stage + 1), case .speak = stages[stage + 1] else { return false }
    return true
  }

  private var stageName: String {
    guard stages.indices.contains(stage) else { return "beginning" }
    switch stages[stage] {
    case .ask(let realm, _, _), .speak(let realm): return realm
    case .route: return "routing"
    case .fire(let rule): return rule
    }
  }

  private mutating func nextID() -> String {
    steps += 1
    return "\(request.id).\(steps)"
  }

  private func intent(
    _ id: String, _ realm: String, _ model: String?, _ payload: Payload, _ deadline: Instant
  ) -> Intent {
    Intent(
      id: id, realm: realm, payload: payload, model: model, deadline: deadline,
      priority: request.priority, origin: request.origin, user: request.user,
      isIdempotent: request.isIdempotent, parent: request.id)
  }
}
