// SPDX-License-Identifier: Apache-2.0
import Automation
import Configuration
import Glibc
import JSON
import Posix
import Runtime

extension Commands {
  static let automationTest = Command(
    name: "automation test",
    summary: "Play events to a configuration's automations, in no time",
    details: """
      Tells what the automations would do: nothing is switched, said or sent, and hours pass at once. Each line
      of the events is a JSON object with 'at', the time since the beginning: {"at": "5s", "trigger":
      "gpio.doorbell.press"}, {"at": "1min", "value": "sensor.cellar", "is": 31}; all of them are in
      docs/automations.md. Steps count as done at once.
      """,
    arguments: [Argument("FILE", "The configuration.")],
    options: [
      Option(
        "events", value: "FILE", "Events, one JSON object a line; without it only the beginning is played."),
      Option("start", value: "TIME", "When it begins, '2026-03-29 01:30' on the local clock; else now."),
      .board, .json,
    ],
    examples: [
      Example("mtor automation test mtor.yml --events evening.jsonl", "What would it do this evening?")
    ],
    run: rehearse)

  /// Bytes of a file of events.
  private static let eventsBytesMax = 4 << 20

  @Sendable private static func rehearse(_ invocation: Invocation) throws(CommandFailure) -> ExitCode {
    let settings = try LoadedSettings.load(invocation, file: invocation.arguments[0]).settings
    let zone = settings.zone ?? .utc
    var start = Int64(time(nil)) * 1_000_000_000
    if let text = invocation.value("start") {
      guard let given = zone.wall(of: text) else {
        throw CommandFailure(.usage, "--start \(text): write '2026-03-29 01:30'.")
      }
      start = given
    }
    var rehearsal = Rehearsal(settings.automations, zone: zone, start: start)
    rehearsal.play(try event(line: "{}", 0, ""))
    if let file = invocation.value("events") {
      for (index, line) in try lines(of: file).enumerated() where !line.isEmpty && !line.hasPrefix("#") {
        rehearsal.play(try event(line: line, index + 1, file))
      }
    }
    for line in rehearsal.lines {
      Output.line(invocation.wantsJSON ? (try? JSONText.string(line)) ?? "" : line)
    }
    return .success
  }

  private static func lines(of file: String) throws(CommandFailure) -> [String] {
    do throws(SystemError) {
      let bytes = try FileDescriptor.open(file, O_RDONLY).read(upTo: eventsBytesMax)
      return String(decoding: bytes, as: UTF8.self)
        .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    } catch { throw CommandFailure(.noInput, "\(error)") }
  }

  private static func event(line: String, _ number: Int, _ file: String) throws(CommandFailure)
    -> RehearsalEvent
  {
    guard let object = (try? JSONText.value(Array(line.utf8)))?.objectValue else {
      throw CommandFailure(.dataError, "\(file):\(number): not a JSON object")
    }
    do throws(RehearsalEvent.BadEvent) {
      return try RehearsalEvent(object)
    } catch { throw CommandFailure(.dataError, "\(file):\(number): \(error)") }
  }
}
