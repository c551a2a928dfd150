// SPDX-License-Identifier: Apache-2.0
import Automation
import YAML

/// The entries of `on:`: the text of a trigger, or a map with what has to be true of it.
enum WatchSchema {
  /// One of them has no number in its place.
  static let watches: ValueType<[Watch]> = {
    var list = ValueType<[Watch]>.list(
      "start, gpio.LINE.GESTURE, command.NAME or another trigger; a map; or a list of these", of: watch,
      count: 1...16)
    let (readList, writeList) = (list.read, list.tree)
    list.read = { node, path, current, reader in
      if case .list = node { return readList(node, path, current, &reader) }
      return watch.read(node, path, nil, &reader).map { [$0] }
    }
    list.tree = { $0.count == 1 ? watch.tree($0[0]) : writeList($0) }
    return list
  }()

  static let documentation = section.keys

  private static let watch = ValueType<Watch>(
    summary: "trigger",
    read: { node, path, _, reader in
      guard case .map(_, _) = node else {
        return ValueType<Trigger>.trigger.read(node, path, nil, &reader).map { Watch($0) }
      }
      guard let draft = section.read(node, path, nil, &reader) else { return nil }
      guard let watch = draft.watch else {
        // What it is was not written, which was told already when something unreadable was.
        if !reader.hasProblem(below: path) {
          reader.note(node.mark, path, "one of trigger, time, sun, every is missing.")
        }
        return nil
      }
      return watch
    },
    tree: { watch in
      if watch.isPlain, let trigger = watch.trigger { return .text(trigger.text) }
      return section.tree(Draft(watch))
    })

  private static let section = ValueType<Draft>.section(
    Draft(), fields,
    alternatives: [
      Alternatives(keys: ["trigger", "time", "sun", "every"]), Alternatives(keys: ["is", "above", "below"]),
    ])

  private static let fields: [Field<Draft>] = [
    Field("trigger", \.trigger, .optional(.trigger), "What happens, or whose value is watched."),
    Field(
      "time", \.time, .optional(.cron),
      "Local time: 07:30 for every day, or the five fields of cron, \"30 7 * * mon-fri\"."),
    Field("sun", \.sun, .optional(.choice()), "At the place of 'location'."),
    Field(
      "offset", \.offset, .duration(.seconds(-12 * 3600) ... .seconds(12 * 3600)), beside: ["sun"],
      "So much later; with a minus earlier."),
    Field(
      "every", \.every, .optional(.duration(Schedule.everyMin ... .seconds(720 * 3600))),
      "Again and again, counted from 1970."),
    Field(
      "is", \.equal, .optional(.text("value", bytesMax: 64)), beside: ["trigger"],
      "When its value becomes this: on, off, up, down."),
    Field("above", \.above, .optional(.number(-1e12...1e12)), beside: ["trigger"], "When it rises above."),
    Field("below", \.below, .optional(.number(-1e12...1e12)), beside: ["trigger"], "When it falls below."),
    Field(
      "hysteresis", \.hysteresis, .number(0...1e12), beside: ["above", "below"],
      "It has to go back by so much before it counts again."),
    Field(
      "for", \.hold, .optional(.duration(.milliseconds(1)...StepSchema.waitMax)), beside: ["trigger"],
      "Only when it stays so for this long; of a moment: this long after the last."),
    Field("if", \.condition, .optional(.expression), "Only when this holds."),
  ]

  struct Draft: Sendable {
    var trigger: Trigger?
    var time: CronPattern?
    var sun: Sun.Event?
    var offset = Duration.zero
    var every: Duration?
    var equal: String?
    var above: Double?
    var below: Double?
    var hysteresis = 0.0
    var hold: Duration?
    var condition: Expression?

    init() {}

    init(_ watch: Watch) {
      switch watch.source {
      case .trigger(let own): trigger = own
      case .schedule(.time(let pattern)): time = pattern
      case .schedule(.sun(let event, let offset, _)): (sun, self.offset) = (event, offset)
      case .schedule(.every(let interval)): every = interval
      }
      switch watch.test {
      case .equal(let text): equal = text
      case .above(let limit): above = limit
      case .below(let limit): below = limit
      case nil: break
      }
      (hysteresis, hold, condition) = (watch.hysteresis, watch.hold, watch.condition)
    }

    var watch: Watch? {
      guard let source else { return nil }
      var watch = Watch(source, test: test, hold: hold, condition: condition)
      watch.hysteresis = hysteresis
      // How a level is told is its own matter: `press` that stays is a line that is on.
      if hold != nil, case .trigger(.gesture(let line, let gesture)) = source,
        gesture == .press || gesture == .release
      {
        watch.source = .trigger(.level(line: line))
        watch.test = .equal(gesture == .press ? "on" : "off")
      }
      return watch
    }

    private var source: Watch.Source? {
      if let trigger { return .trigger(trigger) }
      if let time { return .schedule(.time(time)) }
      // The place is filled in when all is read.
      if let sun { return .schedule(.sun(sun, offset: offset, Sun(latitude: 0, longitude: 0))) }
      return every.map { .schedule(.every($0)) }
    }

    private var test: Watch.Test? {
      equal.map { .equal($0) } ?? above.map { .above($0) } ?? below.map { .below($0) }
    }
  }
}

extension Watch {
  /// Written as the text of its trigger alone.
  fileprivate var isPlain: Bool { test == nil && hold == nil && condition == nil }
}

extension ValueType<Trigger> {
  static let trigger = ValueType.scalar("trigger", parse: TriggerText.parse, show: \.text)
}

extension ValueType<CronPattern> {
  static let cron = ValueType.scalar(
    "07:30 or MIN HOUR DAY MONTH WEEKDAY",
    parse: { text in
      do throws(CronPattern.BadPattern) {
        return .success(try CronPattern(text))
      } catch { return .failure(BadText(text: error.text)) }
    },
    show: \.description)
}

extension ValueType<Expression> {
  static let expression = ValueType.scalar(
    "expression", parse: ExpressionText.parse, show: \.description)
}

/// Conditions, and what stands in `{{ }}`.
enum ExpressionText {
  @Sendable static func parse(_ text: String) -> Result<Expression, BadText> {
    do throws(ExpressionError) {
      let expression = try Expression(text)
      if let problem = problem(expression) { return .failure(BadText(text: "\(quoted(text)): \(problem)")) }
      return .success(expression)
    } catch { return .failure(BadText(text: "\(quoted(text)): \(error)")) }
  }

  /// A name that stands for nothing.
  private static func problem(_ expression: Expression) -> String? {
    let known = Expression.roots.map(\.name)
    guard let name = expression.names.first(where: { !known.contains($0[0]) })?[0] else { return nil }
    return "there is no '\(name)'.\(Nearest.advice(name, in: known, label: "Names begin with"))"
      + " A text needs quotes: '\(name)'."
  }
}

/// `start`, `gpio.doorbell.press`, `command.light_on`.
enum TriggerText {
  @Sendable static func parse(_ text: String) -> Result<Trigger, BadText> {
    if let trigger = Trigger(text: text) {
      if case .journal(let kind) = trigger, kind == "rule" || kind.hasPrefix("rule.") {
        return .failure(
          BadText(text: "\(quoted(text)): what automations do starts no automation. Use 'call'."))
      }
      return .success(trigger)
    }
    let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    if parts[0] == "gpio", parts.count == 3, !parts[1].isEmpty {
      let words = Gesture.allCases.map(\.rawValue)
      let hint = Nearest.match(parts[2], in: words).map { " Did you mean '\($0)'?" } ?? ""
      let allowed = words.joined(separator: ", ")
      return .failure(BadText(text: "\(quoted(text)): '\(parts[2])' is not one of \(allowed).\(hint)"))
    }
    let hint = Nearest.match(parts[0], in: Trigger.words).map { " Did you mean '\($0)…'?" } ?? ""
    return .failure(
      BadText(
        text: "\(quoted(text)) is not a trigger. Write start, gpio.LINE.GESTURE or command.NAME.\(hint)"))
  }
}
