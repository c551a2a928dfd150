// SPDX-License-Identifier: Apache-2.0
import Automation
import Configuration
import JSON
import Time

extension FuzzTarget {
  /// An expression: a value, the same one each time and bounded, or an error with its place.
  static let expression = FuzzTarget("expression", inputMaxBytes: 1100) { input in
    let source = text(input)
    let expression: Expression
    do throws(ExpressionError) {
      expression = try Expression(source)
    } catch {
      let lines = source.utf8.count { $0 == UInt8(ascii: "\n") } + 1
      Promise.holds(error.line >= 1 && error.line <= lines, "line \(error.line) is in the text")
      Promise.holds(
        error.column >= 1 && error.column <= source.count + 1, "column \(error.column) is in the text")
      return Promise.holds(!error.text.isEmpty && error.text.utf8.count < 1000, "'\(error.text)' is short")
    }
    let value = expression.value(in: FuzzScope())
    Promise.holds(value == expression.value(in: FuzzScope()), "an expression has one value")
    if case .string(let text) = value {
      Promise.holds(text.utf8.count <= Expression.textBytesMax, "\(text.utf8.count) bytes are bounded")
    }
    if case .number(let number) = value { Promise.holds(number.isFinite, "\(number) is a number") }
  }

  private struct FuzzScope: ExpressionScope {
    var time: CivilTime { CivilTime(1_795_244_709, offset: 3600) }
    func value(of name: String) -> JSONValue {
      name == "event" ? ["a": 1, "b": "text", "c": [1, 2.5, "x"], "d": ["e": true]] : .null
    }
  }

  /// Automations in YAML, then an empty line and events in JSON: what is read plays without an end to time
  /// or memory.
  static let automations = FuzzTarget("automations", inputMaxBytes: 4096) { input in
    let parts = text(input).split(separator: "\n\n", maxSplits: 1).map(String.init)
    let reader = ConfigurationReader(boards: BoardCatalog(directories: []))
    guard let first = parts.first, let settings = try? reader.read(text: first, name: "f") else { return }
    var rehearsal = Rehearsal(settings.automations, zone: .utc, start: 1_795_244_709_000_000_000)
    for line in (parts.count > 1 ? parts[1] : "{}").split(separator: "\n").prefix(32) {
      guard let object = (try? JSONText.value(Array(line.utf8)))?.objectValue,
        let event = try? RehearsalEvent(object), abs(event.at.nanoseconds) < 3_600_000_000_000
      else { continue }
      rehearsal.play(event)
    }
    Promise.holds(rehearsal.lines.count <= Rehearsal.linesMax + 64, "what is told is bounded")
  }

  /// A file of a time zone: a zone whose offsets are those of a clock, or none; else a rule of POSIX.
  static let zone = FuzzTarget("zone", inputMaxBytes: 8192) { input in
    let bytes = [UInt8](input)
    for zone in [TimeZone(bytes), TimeZone(rule: text(input))] {
      guard let zone else { continue }
      for seconds: Int64 in [-4_000_000_000, 0, 1_795_244_709, 40_000_000_000] {
        Promise.holds(abs(zone.offset(at: seconds)) <= 26 * 3600, "an offset is less than a day")
        let change = zone.change(after: seconds, limit: 366 * 86_400)
        Promise.holds(change ?? .max > seconds, "a change comes after")
      }
    }
  }
}
