// SPDX-License-Identifier: Apache-2.0

extension Step {
  /// The step with the slots' values in its texts.
  public func filled(_ slots: [String: String]) -> Step {
    if slots.isEmpty { return self }
    switch self {
    case .set(let line, let on): return .set(line: Template.fillName(line, slots), on: on)
    case .toggle(let line): return .toggle(line: Template.fillName(line, slots))
    case .pulse(let line, let duration):
      return .pulse(line: Template.fillName(line, slots), duration: duration)
    case .blink(let line, let on, let off, let count):
      return .blink(line: Template.fillName(line, slots), on: on, off: off, count: count)
    case .pattern(let line, let name):
      return .pattern(line: Template.fillName(line, slots), name: name)
    case .say(let text): return .say(Template.fill(text, slots))
    case .play(let file): return .play(file: Template.fill(file, slots))
    case .run(let argv, let timeout):
      return .run(argv: argv.map { Template.fill($0, slots) }, timeout: timeout)
    case .log(let text): return .log(Template.fill(text, slots))
    case .wait, .listen: return self
    }
  }

  /// The longest the step may take before the rule goes on without it; nil: it is done at once.
  var limit: Duration? {
    switch self {
    case .say, .play: RuleEngine.soundLimit
    case .run(_, let timeout): timeout + .seconds(5)
    case .set, .toggle, .pulse, .blink, .pattern, .log, .wait, .listen: nil
    }
  }
}
