// SPDX-License-Identifier: Apache-2.0
import Configuration
import Intents
import Log
import Loop
import Time

/// Answers to texts that are no command: finds the realm, asks it, and tells the answer as it comes,
/// written or spoken sentence by sentence.
@LoopActor public final class Answers {
  /// The realm whose workers make sound of sentences.
  nonisolated static let speaking = "$SPEAK"
  /// Decisions kept for `mtor why`; the oldest goes first.
  nonisolated static let decisionsMax = 256

  /// How an answer reaches who asked.
  public enum Manner {
    case spoken
    /// Called with each piece.
    case written(@LoopActor (String) -> Void)
  }

  /// Where a text went, and why.
  public struct Decision: Sendable, Equatable {
    public var id: String
    /// nil: it was a command.
    public var realm: String?
    public var because: String
    /// What the text was given to, in order.
    public var steps: [String] = []
  }

  var routing: RoutingSettings
  private let orchestrator: Orchestrator
  private let replies: Replies
  private let timeline: Timeline
  private let log = Logger("answers")
  private let loop = LoopActor.shared.loop
  private var decisions: [Decision] = []

  init(_ routing: RoutingSettings, _ orchestrator: Orchestrator, replies: Replies, timeline: Timeline) {
    self.routing = routing
    self.orchestrator = orchestrator
    self.replies = replies
    self.timeline = timeline
  }

  /// The latest decision about an intent.
  public func decision(about id: String) -> Decision? { decisions.last { $0.id == id } }

  /// An intent whose course can be told: the latest that somebody outside asked for.
  public var latest: String? { decisions.last?.id }

  /// Notes how an intent was understood.
  func note(_ decision: Decision) {
    if decisions.count == Self.decisionsMax { decisions.removeFirst() }
    decisions.append(decision)
  }

  /// Nil: no realm takes free text.
  func answer(_ request: Intent, _ exchange: Exchange, _ manner: Manner) async -> Outcome? {
    guard let (realm, because) = await route(request), serves(realm) else { return nil }
    timeline.emit(exchange.entry(.intent, "left to \(realm) (\(because))"))
    return await ask(realm, because, request, exchange, manner)
  }

  /// Asks a realm that is known.
  func ask(
    _ realm: String, _ because: String, _ request: Intent, _ exchange: Exchange, _ manner: Manner
  ) async -> Outcome {
    var stages = [Pipeline.Stage.ask(realm: realm, model: request.model)]
    let isSpoken = if case .spoken = manner { replies.hasSpeaker && serves(Self.speaking) } else { false }
    if isSpoken { stages.append(.speak(realm: Self.speaking)) }
    note(Decision(id: request.id, realm: realm, because: because, steps: ["\(request.id).1"]))
    let driver = PipelineDriver(Pipeline(stages), request, orchestrator)
    if case .written(let onPiece) = manner { driver.onPartial = onPiece }
    return isSpoken ? await speak(driver, exchange) : await driver.finish()
  }

  // MARK: Where to

  private func route(_ request: Intent) async -> (realm: String, because: String)? {
    var profile = routing.profile
    // Who cannot be asked classifies nothing.
    if let classifier = profile.classifier, !serves(classifier) { profile.classifier = nil }
    var machine = Routing(profile, request)
    var event = Routing.Event.begin
    while true {
      guard let action = machine.handle(event, at: loop.now).first else { return nil }
      switch action {
      case .match: event = .matched(false)
      case .classify(let intent): event = .classified(await orchestrator.outcome(of: intent))
      case .command: return nil
      case .realm(let realm, let because): return realm.isEmpty ? nil : (realm, because.text)
      }
    }
  }

  private func serves(_ realm: String) -> Bool {
    orchestrator.hasWorkers(realm: realm)
  }

  // MARK: Aloud

  /// The first sentence is heard while the rest is being written. Ends with the last sample.
  private func speak(_ driver: PipelineDriver, _ exchange: Exchange) async -> Outcome {
    let stream = SoundStream()
    let playing = Playing()
    var sentences: [String] = []
    driver.onSentence = { [timeline] sentence in
      if playing.isHeard {
        timeline.emit(exchange.entry(.reply, sentence, isSpoken: true))
      } else {
        sentences.append(sentence)
      }
    }
    driver.onSound = { [self, weak driver] payload in
      for media in payload.media {
        do throws(SoundError) {
          stream.append(try Sound(media))
        } catch { log.once("sound", every: .seconds(60), "\(Self.speaking): \(error)") }
      }
      if playing.task != nil { return }
      playing.task = LoopActor.spawn("answer") { [self] in
        do {
          let wasHeard = try await replies.play(stream, deadline: exchange.deadline) { [timeline] at in
            playing.isHeard = true
            for sentence in sentences {
              timeline.emit(exchange.entry(.reply, sentence, at: at, isSpoken: true))
            }
          }
          if !wasHeard { driver?.cancel(.bargeIn) }
        } catch {
          playing.failure = "\(error)"
          driver?.cancel(.clientGone)
        }
      }
    }
    let outcome = await driver.finish()
    stream.end()
    try? await playing.task?.value
    return playing.failure.map { .failed(reason: "say: \($0)") } ?? outcome
  }

  @LoopActor private final class Playing {
    var task: Task<Void, any Error>?
    var isHeard = false
    var failure: String?
  }
}

extension Routing.Reason {
  /// For people.
  var text: String {
    switch self {
    case .rule(let name): "rule \(name)"
    case .classifier: "the classifier's choice"
    case .fallback(let why): "the default: \(why)"
    }
  }
}
