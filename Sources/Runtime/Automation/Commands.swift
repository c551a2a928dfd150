// SPDX-License-Identifier: Apache-2.0
import Automation
import Intents
import Loop
import Speech

/// What a sentence means and what is done about it, whether it was spoken or typed.
@LoopActor public final class Commands {
  var grammar: CommandGrammar
  private let automations: Automations
  private let timeline: Timeline
  /// Sentences that were understood, for `mtor status`.
  public private(set) var understood = 0

  public init(grammar: CommandGrammar, automations: Automations, timeline: Timeline) {
    self.grammar = grammar
    self.automations = automations
    self.timeline = timeline
  }

  /// Matches the intent's text with the commands and runs the automation of the one it is.
  ///
  /// Ends by the intent's deadline, but for a reply that has begun to be heard.
  public func perform(_ intent: Intent, _ exchange: Exchange) async -> Outcome {
    guard let match = grammar.match(intent.text) else {
      return .rejected(reason: intent.text.isEmpty ? "not understood" : "no command is like that")
    }
    understood += 1
    timeline.emit(exchange.entry(.intent, match.summary))
    let trigger = Trigger.command(match.command)
    guard automations.isAwaited(trigger) else {
      return .failed(reason: "no automation has 'on: command.\(match.command)'")
    }
    let slots = Moment.slots.merging(match.slots.map { ($0.name, $0.value) }) { _, own in own }
    return await automations.run(trigger, slots: slots, exchange: exchange)
  }
}

extension CommandMatch {
  /// `light_on light=kitchen light`, for people.
  var summary: String {
    slots.reduce(command) { "\($0) \($1.name)=\($1.value)" }
  }
}
