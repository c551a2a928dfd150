// SPDX-License-Identifier: Apache-2.0
import JSON

/// What the expressions of an automation see.
struct EngineScope: ExpressionScope {
  let values: [String: JSONObject]
  let zone: TimeZone
  let wall: Int64
  let event: JSONObject
  var answers = JSONObject()

  func value(of name: String) -> JSONValue {
    switch name {
    case "event": .object(event)
    case "answer": .object(answers)
    default: values[name].map { .object($0) } ?? .null
    }
  }

  var time: CivilTime { zone.civil(at: wall.floorDivided(by: 1_000_000_000)) }
}

extension Expression {
  /// The first names that an automation's expressions may use, and what they hold.
  public static let roots: [(name: String, meaning: String)] = [
    (
      "event",
      "what started the run: `event.trigger`, the slots of a command, the row of a journal, the value"
    ),
    ("answer", "what a step with `save: NAME` brought: `answer.NAME`"),
    ("line", "lines by name: `line.porch_light` is true, false or null"),
    ("sensor", "the last value of each sensor"),
    ("worker", "`\"up\"` or `\"down\"`"),
    ("realm", "`\"up\"` or `\"down\"`"),
    ("sound", "`sound.level`, in dB below full scale"),
  ]
}
