// SPDX-License-Identifier: Apache-2.0
import Automation
import Intents
import JSON
import Loop
import Speech
import Time
import Workers
import Wyoming

/// What a sentence means and what is done about it, whether it was spoken or typed.
@LoopActor public final class Commands {
  var grammar: CommandGrammar
  /// What may be heard of the wake phrase before a command.
  var prefixes: [String] = []
  private let services: SpeechServices
  private let automations: Automations
  private let timeline: Timeline
  private let answers: Answers
  /// Called when an intent begins, and when it has ended, with the time between.
  var onIntent: (@LoopActor (Intent) -> Void)?
  var onOutcome: (@LoopActor (Intent, Outcome, Duration) -> Void)?
  /// Sentences that were understood, for `mtor status`.
  public private(set) var understood = 0

  public init(
    grammar: CommandGrammar, services: SpeechServices, automations: Automations, answers: Answers,
    timeline: Timeline
  ) {
    self.grammar = grammar
    self.services = services
    self.automations = automations
    self.timeline = timeline
    self.answers = answers
  }

  /// Finds out what the intent's text means and does it: by our own commands, else by the intent
  /// service, else by the handle service, else by the realm that the routing finds, as far as these are
  /// configured.
  ///
  /// Ends by the intent's deadline, but for a reply that has begun to be heard.
  /// - Parameter manner: of a realm's answer; commands reply as their automations say.
  public func perform(
    _ intent: Intent, _ exchange: Exchange, _ manner: Answers.Manner = .spoken
  ) async -> Outcome {
    let begin = LoopActor.shared.loop.now
    onIntent?(intent)
    let outcome = await outcome(of: intent, exchange, manner)
    onOutcome?(intent, outcome, LoopActor.shared.loop.now - begin)
    return outcome
  }

  private func outcome(
    of intent: Intent, _ exchange: Exchange, _ manner: Answers.Manner
  ) async -> Outcome {
    if intent.payload.text.isEmpty { return .rejected(reason: "not understood") }
    if let match = grammar.match(intent.payload.text, optionalPrefixes: prefixes) {
      answers.note(.init(id: intent.id, because: "it is the command \(match.command)"))
      return await run(match, exchange)
    }
    do throws(WorkerError) {
      if let outcome = try await recognized(intent, exchange) { return outcome }
      if let outcome = try await handled(intent, exchange) { return outcome }
    } catch { return .failed(reason: "\(error)") }
    if let outcome = await answers.answer(intent, exchange, manner) { return outcome }
    answers.note(.init(id: intent.id, because: "no command is like that, and no realm takes free text"))
    return .rejected(reason: "no command is like that")
  }

  private func run(_ match: CommandMatch, _ exchange: Exchange) async -> Outcome {
    understood += 1
    timeline.emit(exchange.entry(.intent, match.summary))
    let trigger = Trigger.command(match.command)
    guard automations.isAwaited(trigger) else {
      return .failed(reason: "no automation has 'on: command.\(match.command)'")
    }
    let slots = Dictionary(match.slots.map { ($0.name, $0.value) }) { _, last in last }
    return await automations.run(trigger, slots: slots, exchange: exchange)
  }

  /// Nil: no such service, or it does not know either.
  private func recognized(
    _ intent: Intent, _ exchange: Exchange
  ) async throws(WorkerError) -> Outcome? {
    guard let client = services.intent else { return nil }
    switch try await client.recognize(intent.payload.text, until: intent.deadline) {
    case .intent(let meant):
      let slots = meant.entities.map { CommandMatch.Slot(name: $0.name, value: $0.value.spoken) }
      return await run(CommandMatch(command: meant.name, slots: slots), exchange)
    case .handled(let text): return await reply(text, by: "intent", exchange)
    case .notRecognized: return nil
    }
  }

  private func handled(
    _ intent: Intent, _ exchange: Exchange
  ) async throws(WorkerError) -> Outcome? {
    guard let client = services.handle else { return nil }
    let transcript = Transcript(text: intent.payload.text, language: services.language)
    switch try await client.handle(transcript, until: intent.deadline) {
    case .handled(let text): return await reply(text, by: "handle", exchange)
    case .notHandled: return nil
    }
  }

  /// A service has acted by itself; what it says is spoken.
  private func reply(_ text: String?, by service: String, _ exchange: Exchange) async -> Outcome {
    understood += 1
    timeline.emit(exchange.entry(.intent, "left to the \(service) service"))
    guard let text, !text.isEmpty else { return .completed(text: "") }
    return await automations.reply(text, exchange: exchange)
  }
}

extension JSONValue {
  /// An entity's value as a slot takes it.
  fileprivate var spoken: String {
    if case .string(let text) = self { return text }
    return (try? JSONText.string(self)) ?? ""
  }
}

extension CommandMatch {
  /// `light_on light=kitchen light`, for people.
  var summary: String {
    slots.reduce(command) { "\($0) \($1.name)=\($1.value)" }
  }
}
