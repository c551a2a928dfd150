// SPDX-License-Identifier: Apache-2.0
import Automation
import PocketSphinx
import Speech

extension FuzzTarget {
  /// Sentence templates, one a line: a grammar that the recogniser's own check takes, or problems with
  /// their columns. The last line is matched too.
  static let grammar = FuzzTarget("grammar") { input in
    let lines = text(input).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let commands = lines.enumerated().map { CommandDefinition(name: "c\($0)", sentences: [$1]) }
    let grammar: CommandGrammar
    do throws(CommandGrammarError) {
      grammar = try CommandGrammar(
        commands, lists: ["room": ["kitchen", "living room", "room 101"], "list": ["a", "a a", "the"]])
    } catch {
      return error.problems.forEach { check($0, lines) }
    }
    check(grammar.jsgf(name: "fuzz", optionalPrefixes: ["hey jarvis"]), of: grammar)
    if let match = grammar.match(lines[lines.count - 1], optionalPrefixes: ["hey jarvis"]) {
      Promise.holds(commands.contains { $0.name == match.command }, "\(match) is one of the commands")
    }
  }

  private static func check(_ problem: CommandGrammarError.Problem, _ lines: [String]) {
    Promise.holds(!problem.text.isEmpty && problem.text.utf8.count <= 1000, "\(problem) is short")
    guard case .command(let name, _, let column?) = problem.place, let index = Int(name.dropFirst()) else {
      return
    }
    Promise.holds(
      column >= 1 && column <= lines[index].count + 1, "column \(column) is in '\(lines[index])'")
  }

  private static func check(_ jsgf: String, of grammar: CommandGrammar) {
    do throws(PocketSphinxError) {
      let file = try GrammarFile(text: jsgf, name: "generated")
      let known = Set(grammar.vocabulary + ["hey", "jarvis"])
      Promise.holds(file.words.isSubset(of: known), "\(file.words) are in \(known)")
    } catch { Promise.holds(false, "the recogniser takes the grammar: \(error)\n\(jsgf)") }
  }

  /// A spoken number, time, duration or ordinal: digits in their range.
  static let spoken = FuzzTarget("spoken", inputMaxBytes: 512) { input in
    let text = text(input)
    // Made anew each time: the leak checker does not see what lives behind an enum's tagged pointers.
    guard let slotGrammar = try? CommandGrammar(slotCommands) else {
      return Promise.holds(false, "every built-in slot can be used")
    }
    for (slot, isGood) in slotChecks {
      guard let value = slotGrammar.match("\(slot.rawValue) \(text)")?[slot.rawValue] else { continue }
      Promise.holds(isGood(value), "'\(value)' is a \(slot.rawValue)")
    }
    _ = slotGrammar.match(text, optionalPrefixes: [text])
  }

  private static let slotCommands = BuiltInSlot.allCases.map {
    CommandDefinition(name: $0.rawValue, sentences: ["\($0.rawValue) {\($0.rawValue)}"])
  }

  private static let slotChecks: [(BuiltInSlot, @Sendable (String) -> Bool)] = [
    (.number, isNumber), (.percent, isNumber),
    (.duration, { $0.hasSuffix("s") && Int($0.dropLast()).map((0..<10_000_000_000).contains) == true }),
    (.time, isTime), (.ordinal, { Int($0).map((1...31).contains) == true }),
  ]

  @Sendable private static func isNumber(_ text: String) -> Bool {
    guard let value = Double(text) else { return false }
    return abs(value) < 1_000_000 && text.allSatisfy { "-.0123456789".contains($0) }
  }

  @Sendable private static func isTime(_ text: String) -> Bool {
    let parts = text.split(separator: ":")
    guard text.utf8.count == 5, parts.count == 2, let hour = Int(parts[0]), let minute = Int(parts[1])
    else { return false }
    return (0..<24).contains(hour) && (0..<60).contains(minute)
  }

  /// Lines `name=value`, an empty one, and a text with slots in braces.
  static let template = FuzzTarget("template") { input in
    let lines = text(input).split(separator: "\n", omittingEmptySubsequences: false)
    var slots: [String: String] = [:]
    for line in lines.prefix(while: { !$0.isEmpty }) {
      let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      slots[String(parts[0])] = parts.count == 2 ? String(parts[1]) : ""
    }
    let template = lines.drop { !$0.isEmpty }.joined(separator: "\n")
    let filled = Template.fill(template, slots)
    _ = Template.fillName(template, slots)
    let longest = slots.values.map(\.utf8.count).max() ?? 0
    let braces = template.utf8.count { $0 == UInt8(ascii: "{") }
    Promise.holds(filled.utf8.count <= template.utf8.count + braces * longest, "slots are filled once")
    Promise.holds(Template.fill(template, ["": "x"]).isEmpty == template.isEmpty, "no text is lost")
    Promise.holds(Template.fill(template, [:]) == template, "without values nothing changes")
  }

  /// A text that is perhaps not UTF-8.
  static func text(_ input: UnsafeRawBufferPointer) -> String { String(decoding: input, as: UTF8.self) }
}
