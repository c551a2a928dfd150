// SPDX-License-Identifier: Apache-2.0
import JSON
import Time

/// One action of an automation. Texts may name slots of the command in braces, `Turned on the {light}`, and
/// expressions in double ones, `{{ sensor.cellar }} degrees`.
public indirect enum Step: Sendable, Equatable {
  /// `line` may be a template too: `{light}` becomes `kitchen_light` (spaces to underscores).
  case set(line: String, on: Bool)
  case toggle(line: String)
  case pulse(line: String, duration: Duration)
  case blink(line: String, on: Duration, off: Duration, count: Int)
  /// A named LED pattern that runs until the line is set again: `breathe`, `heartbeat`, …
  case pattern(line: String, name: String)
  case say(String)
  case play(file: String)
  case run(argv: [String], timeout: Duration)
  case log(String)
  case wait(Duration)
  /// Opens or ends an utterance, as a talk button does.
  case listen(Listening)
  /// Asks a realm; its answer is `answer.NAME` from then on.
  case ask(Question)
  /// An HTTP request; its answer is `answer.NAME`, with `status` and `body`.
  case http(Request)
  /// Owed to a channel until it is delivered.
  case notify(channel: String, text: String)
  /// Waits until a condition holds, or for so long at most.
  case until(Expression, timeout: Duration)
  /// Waits for a trigger, or for so long at most; what came is `answer.NAME`.
  case await(Trigger, save: String?, timeout: Duration)
  /// Waits for somebody to agree; else `otherwise` is done and the run ends.
  case approve(Approval)
  /// The first branch whose condition holds, else `otherwise`.
  case choose([Branch], otherwise: [Step])
  /// All at once; done when each is.
  case parallel([[Step]])
  /// So often, and only as long as a condition holds.
  case `repeat`(times: Int, while: Expression?, [Step])
  /// Another automation's steps, to their end.
  case call(rule: String)
  /// The run ends here.
  case stop
  /// At most once: when it was interrupted it is not done again.
  case once(Step)

  public struct Question: Sendable, Equatable {
    public var realm: String
    public var text: String
    public var save: String?
    public var timeout: Duration

    public init(realm: String, text: String, save: String? = nil, timeout: Duration = .seconds(30)) {
      self.realm = realm
      self.text = text
      self.save = save
      self.timeout = timeout
    }
  }

  public struct Request: Sendable, Equatable {
    public var url: String
    /// In capitals.
    public var method = "GET"
    public var body: String?
    public var contentType = "application/json"
    public var save: String?
    public var timeout = Duration.seconds(10)

    public init(url: String) { self.url = url }
  }

  public struct Approval: Sendable, Equatable {
    public var question: String
    /// What agrees and what refuses, beside `mtor tasks approve` and `cancel`.
    public var yes: [Trigger]
    public var no: [Trigger]
    public var timeout: Duration
    public var otherwise: [Step]

    public init(
      question: String, yes: [Trigger] = [], no: [Trigger] = [], timeout: Duration = .seconds(300),
      otherwise: [Step] = []
    ) {
      self.question = question
      self.yes = yes
      self.no = no
      self.timeout = timeout
      self.otherwise = otherwise
    }
  }

  public struct Branch: Sendable, Equatable {
    public var condition: Expression
    public var steps: [Step]

    public init(condition: Expression, steps: [Step]) {
      self.condition = condition
      self.steps = steps
    }
  }
}

/// What a talk button asks for. Raw values are the configuration's words.
public enum Listening: String, Sendable, CaseIterable {
  /// One utterance, ended by silence.
  case once
  /// One utterance, ended by `release`.
  case hold
  case release
}

extension Step {
  /// The longest that `say` or `play` may take.
  public static let soundLimit = Duration.seconds(60)
  /// What others do within their own timeout gets so much more before it is given up.
  static let grace = Duration.seconds(5)

  /// The longest the step may take before the run goes on without it; nil: it is done at once.
  public var limit: Duration? {
    switch self {
    case .say, .play: Self.soundLimit
    case .run(_, let timeout): timeout + Self.grace
    case .ask(let question): question.timeout + Self.grace
    case .http(let request): request.timeout + Self.grace
    case .once(let step): step.limit
    default: nil
    }
  }

  /// Doing it twice is not the same as doing it once.
  public var isOnce: Bool {
    switch self {
    case .once, .toggle: true
    default: false
    }
  }

  /// A run with it is worth a commit.
  var wantsDurability: Bool {
    switch self {
    case .wait, .until, .await, .approve, .ask, .http, .notify, .call, .once: true
    default: blocks.contains { $0.contains(where: \.wantsDurability) }
    }
  }

  /// The steps within, in the order of their numbers in a `Program`.
  public var blocks: [[Step]] {
    switch self {
    case .choose(let branches, let otherwise): branches.map(\.steps) + [otherwise]
    case .parallel(let blocks): blocks
    case .repeat(_, _, let steps): [steps]
    case .approve(let approval): [approval.otherwise]
    default: []
    }
  }

  /// What it drives.
  public var line: String? {
    switch self {
    case .set(let line, _), .toggle(let line), .pulse(let line, _), .blink(let line, _, _, _),
      .pattern(let line, _):
      line
    default: nil
    }
  }

  /// The step with the values of slots and expressions in its texts.
  func filled(_ slots: [String: String], in scope: @autoclosure () -> some ExpressionScope) -> Step {
    // The lines that have no slot in their names are as good as all.
    if case .set(let line, _) = self, !line.utf8.contains(UInt8(ascii: "{")) { return self }
    let scope = scope()
    func fill(_ text: String) -> String { Template.fill(text, slots, in: scope) }
    func name(_ text: String) -> String {
      text.utf8.contains(UInt8(ascii: "{"))
        ? Template.name(Template.fill(text, slots.mapValues(Template.name), in: scope)) : text
    }
    switch self {
    case .set(let line, let on): return .set(line: name(line), on: on)
    case .toggle(let line): return .toggle(line: name(line))
    case .pulse(let line, let duration): return .pulse(line: name(line), duration: duration)
    case .blink(let line, let on, let off, let count):
      return .blink(line: name(line), on: on, off: off, count: count)
    case .pattern(let line, let pattern): return .pattern(line: name(line), name: pattern)
    case .say(let text): return .say(fill(text))
    case .play(let file): return .play(file: fill(file))
    case .run(let argv, let timeout): return .run(argv: argv.map(fill), timeout: timeout)
    case .log(let text): return .log(fill(text))
    case .notify(let channel, let text): return .notify(channel: channel, text: fill(text))
    case .once(let step): return .once(step.filled(slots, in: scope))
    case .ask(var question):
      question.text = fill(question.text)
      return .ask(question)
    case .http(var request):
      request.url = fill(request.url)
      request.body = request.body.map(fill)
      return .http(request)
    default: return self
    }
  }

  /// The step in a few words, for the timeline, the journal and the log.
  public var summary: String {
    switch self {
    case .set(let line, let on): "\(line) \(on ? "on" : "off")"
    case .toggle(let line): "toggle \(line)"
    case .pulse(let line, let duration): "pulse \(line) for \(duration.shown)"
    case .blink(let line, _, _, let count): "blink \(line)\(count > 0 ? " \(count) times" : "")"
    case .pattern(let line, let name): "\(line) \(name)"
    case .say: "say"
    case .play(let file): "play \(file)"
    case .run(let argv, _): "run \(argv.first ?? "")"
    case .log: "log"
    case .wait(let duration): "wait \(duration.shown)"
    case .listen(let listening): "listen \(listening.rawValue)"
    case .ask(let question): "ask \(question.realm)"
    case .http(let request): "\(request.method) \(request.url.prefix { $0 != "?" })"
    case .notify(let channel, _): "notify \(channel)"
    case .until(let condition, _): "until \(condition)"
    case .await(let trigger, _, _): "await \(trigger.text)"
    case .approve: "approve"
    case .choose: "choose"
    case .parallel: "parallel"
    case .repeat(let times, _, _): "repeat \(times) times"
    case .call(let rule): "call \(rule)"
    case .stop: "stop"
    case .once(let step): step.summary
    }
  }
}

extension Duration {
  /// `90s`, `5min`, `1.5s`: in the largest unit that needs no fraction, else in seconds.
  var shown: String {
    let units: [(String, Int64)] = [
      ("h", 3_600_000_000_000), ("min", 60_000_000_000), ("s", 1_000_000_000), ("ms", 1_000_000),
    ]
    let whole = nanoseconds
    if whole == 0 { return "0s" }
    for (name, length) in units where whole % length == 0 { return "\(whole / length)\(name)" }
    return "\(Double(whole) / 1e9)s"
  }
}
