// SPDX-License-Identifier: Apache-2.0
import Automation

/// The keys of all kinds of steps in one record, between the file and `Step`.
struct StepDraft: Sendable {
  var kind: StepKind = .log
  /// The text beside the kind's own key: a line, a sentence, a file, a question, a name.
  var text = ""
  /// What is said or sent: `text`, `body`.
  var content: String?
  var argv: [String] = []
  var isOn = true
  var duration: Duration = .seconds(1)
  var on: Duration = .milliseconds(250)
  var off: Duration = .milliseconds(250)
  var times = 3
  var pattern = ""
  var listening = Listening.once
  var timeout: Duration
  var isOnce = false
  var save: String?
  var method = HTTPMethod.get
  var contentType = "application/json"
  var condition: Expression?
  var trigger = Trigger.start
  var yes: [Trigger] = []
  var no: [Trigger] = []
  var steps: [Step] = []
  var otherwise: [Step] = []
  var blocks: [[Step]] = []
  var branches: [Step.Branch] = []

  enum HTTPMethod: String, Sendable, CaseIterable {
    case get = "GET", post = "POST", put = "PUT", delete = "DELETE"
  }

  var step: Step? {
    isOnce ? plain.map { .once($0) } : plain
  }

  private var plain: Step? {
    switch kind {
    case .set: .set(line: text, on: isOn)
    case .toggle: .toggle(line: text)
    case .pulse: .pulse(line: text, duration: duration)
    case .blink: .blink(line: text, on: on, off: off, count: times)
    case .pattern: .pattern(line: text, name: pattern)
    case .say: .say(text)
    case .play: .play(file: text)
    case .run: .run(argv: argv, timeout: timeout)
    case .log: .log(text)
    case .wait: .wait(duration)
    case .listen: .listen(listening)
    case .ask: .ask(Step.Question(realm: text, text: content ?? "", save: save, timeout: timeout))
    case .http: .http(request)
    case .notify: .notify(channel: text, text: content ?? "")
    case .until: condition.map { .until($0, timeout: timeout) }
    case .await: .await(trigger, save: save, timeout: timeout)
    case .approve:
      .approve(Step.Approval(question: text, yes: yes, no: no, timeout: timeout, otherwise: otherwise))
    case .choose: .choose(branches, otherwise: otherwise)
    case .parallel: .parallel(blocks)
    case .repeat: .repeat(times: times, while: condition, steps)
    case .call: .call(rule: text)
    case .stop: .stop
    }
  }

  private var request: Step.Request {
    var request = Step.Request(url: text)
    request.method = method.rawValue
    request.body = content
    request.contentType = contentType
    request.save = save
    request.timeout = timeout
    return request
  }

  init(kind: StepKind) {
    self.kind = kind
    timeout = kind.timeout
  }

  init(_ step: Step) {
    if case .once(let inner) = step {
      self.init(inner)
      isOnce = true
      return
    }
    self.init(kind: StepKind(step))
    switch step {
    case .set(let line, let isOn): (text, self.isOn) = (line, isOn)
    case .toggle(let text), .say(let text), .play(let text), .log(let text), .call(let text): self.text = text
    case .pulse(let line, let duration): (text, self.duration) = (line, duration)
    case .blink(let line, let on, let off, let count):
      (text, self.on, self.off, times) = (line, on, off, count)
    case .pattern(let line, let name): (text, pattern) = (line, name)
    case .run(let argv, let timeout): (self.argv, self.timeout) = (argv, timeout)
    case .wait(let duration): self.duration = duration
    case .listen(let listening): self.listening = listening
    case .ask(let question):
      (text, content, save, timeout) = (question.realm, question.text, question.save, question.timeout)
    case .http(let request): take(request)
    case .notify(let channel, let text): (self.text, content) = (channel, text)
    case .until(let condition, let timeout): (self.condition, self.timeout) = (condition, timeout)
    case .await(let trigger, let save, let timeout):
      (self.trigger, self.save, self.timeout) = (trigger, save, timeout)
    case .approve(let approval):
      (text, yes, no) = (approval.question, approval.yes, approval.no)
      (timeout, otherwise) = (approval.timeout, approval.otherwise)
    case .choose(let branches, let otherwise): (self.branches, self.otherwise) = (branches, otherwise)
    case .parallel(let blocks): self.blocks = blocks
    case .repeat(let times, let condition, let steps):
      (self.times, self.condition, self.steps) = (times, condition, steps)
    case .stop, .once: break
    }
  }

  private mutating func take(_ request: Step.Request) {
    (text, content, contentType) = (request.url, request.body, request.contentType)
    method = HTTPMethod(rawValue: request.method) ?? .get
    (save, timeout) = (request.save, request.timeout)
  }
}

/// The key that tells which step it is.
enum StepKind: String, Sendable, CaseIterable {
  case set, toggle, pulse, blink, pattern, say, play, run, log, wait, listen
  case ask, http, notify, until, await, approve, choose, parallel, `repeat`, call, stop

  init(_ step: Step) {
    switch step {
    case .set: self = .set
    case .toggle: self = .toggle
    case .pulse: self = .pulse
    case .blink: self = .blink
    case .pattern: self = .pattern
    case .say: self = .say
    case .play: self = .play
    case .run: self = .run
    case .log: self = .log
    case .wait: self = .wait
    case .listen: self = .listen
    case .ask: self = .ask
    case .http: self = .http
    case .notify: self = .notify
    case .until: self = .until
    case .await: self = .await
    case .approve: self = .approve
    case .choose: self = .choose
    case .parallel: self = .parallel
    case .repeat: self = .repeat
    case .call: self = .call
    case .stop: self = .stop
    case .once(let inner): self = StepKind(inner)
    }
  }

  /// Without a key `timeout`.
  var timeout: Duration {
    switch self {
    case .ask: .seconds(30)
    case .until, .await, .approve: .seconds(300)
    default: .seconds(10)
    }
  }
}
