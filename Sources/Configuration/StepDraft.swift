// SPDX-License-Identifier: Apache-2.0
import Automation

/// The keys of all kinds of steps in one record, between the file and `Step`.
struct StepDraft: Sendable {
  var kind: StepKind = .log
  /// The text beside the kind's own key: a line, a sentence, a file.
  var text = ""
  var argv: [String] = []
  var isOn = true
  var duration: Duration = .seconds(1)
  var on: Duration = .milliseconds(250)
  var off: Duration = .milliseconds(250)
  var times = 3
  var pattern = ""
  var listening = Listening.once
  var timeout: Duration = .seconds(10)

  var step: Step {
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
    }
  }

  init(kind: StepKind) { self.kind = kind }

  init(_ step: Step) {
    switch step {
    case .set(let line, let isOn): (kind, text, self.isOn) = (.set, line, isOn)
    case .toggle(let line): (kind, text) = (.toggle, line)
    case .pulse(let line, let duration): (kind, text, self.duration) = (.pulse, line, duration)
    case .blink(let line, let on, let off, let count):
      (kind, text, self.on, self.off, times) = (.blink, line, on, off, count)
    case .pattern(let line, let name): (kind, text, pattern) = (.pattern, line, name)
    case .say(let text): (kind, self.text) = (.say, text)
    case .play(let file): (kind, text) = (.play, file)
    case .run(let argv, let timeout): (kind, self.argv, self.timeout) = (.run, argv, timeout)
    case .log(let text): (kind, self.text) = (.log, text)
    case .wait(let duration): (kind, self.duration) = (.wait, duration)
    case .listen(let listening): (kind, self.listening) = (.listen, listening)
    }
  }
}

/// The key that tells which step it is.
enum StepKind: String, Sendable, CaseIterable {
  case set, toggle, pulse, blink, pattern, say, play, run, log, wait, listen
}
