// SPDX-License-Identifier: Apache-2.0
import Time

/// One automation: when `trigger` happens, do `steps` in order.
public struct Rule: Sendable, Equatable {
  public var name: String
  public var trigger: Trigger
  public var steps: [Step]

  public init(name: String, trigger: Trigger, steps: [Step]) {
    self.name = name
    self.trigger = trigger
    self.steps = steps
  }
}

/// What starts an automation: `on:` in the configuration.
public enum Trigger: Sendable, Hashable {
  /// `start`: the runtime is ready.
  case start
  /// `gpio.LINE.GESTURE`
  case gesture(line: String, Gesture)
  /// `command.NAME`: a spoken or typed command was understood.
  case command(String)
}

/// What a line's edges mean, after debouncing. Raw values are the configuration's words.
public enum Gesture: String, Sendable, Hashable, CaseIterable {
  case press, release, click, double, triple, multi, hold
  case motion
  case noMotion = "no_motion"
}

/// One action of an automation. Texts may name slots of the command in braces: `Turned on the {light}`.
public enum Step: Sendable, Equatable {
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
}

/// What a talk button asks for. Raw values are the configuration's words.
public enum Listening: String, Sendable, CaseIterable {
  /// One utterance, ended by silence.
  case once
  /// One utterance, ended by `release`.
  case hold
  case release
}
