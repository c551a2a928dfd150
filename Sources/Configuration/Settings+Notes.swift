// SPDX-License-Identifier: Apache-2.0
import Automation
import Speech

extension Settings {
  /// What is allowed but hardly meant, a sentence each: `mtor check` tells it.
  public var notes: [String] {
    let triggers = Set(automations.flatMap { $0.watches.compactMap(\.trigger) })
    let unanswered = commands.filter { !triggers.contains(.command($0.name)) }.map {
      "commands.\($0.name): no automation has 'on: command.\($0.name)', so it does nothing."
    }
    let warnings = (try? CommandGrammar(commands, lists: lists))?.warnings.map(\.description) ?? []
    return unanswered + warnings
  }
}
