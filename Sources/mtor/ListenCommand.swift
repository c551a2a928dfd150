// SPDX-License-Identifier: Apache-2.0
import JSON
import Runtime

extension Commands {
  static let listen = Command(
    name: "listen",
    summary: "Watch what is heard and done, live",
    details: """
      Prints each wake, utterance, transcript, intent, action and reply as it happens, with the time since the
      person stopped speaking. With --now mtor listens for a command at once, as after the wake phrase. When
      no mtor is running, one runs for the length of the command, with its microphone. Ends with Ctrl-C.
      """,
    options: [Option("now", "Listen at once, without a wake phrase."), .config, .board, .json],
    examples: [Example("mtor listen --now", "Say a command after this.")],
    run: { invocation throws(CommandFailure) in
      try DaemonAccess.use(invocation, microphone: true) { directory, _ throws(CommandFailure) in
        do throws(ControlError) { try follow(invocation, directory) } catch {
          throw CommandFailure(.unavailable, error.description)
        }
        return .success
      }
    })

  private static func follow(_ invocation: Invocation, _ directory: String) throws(ControlError) {
    // The watching connection first, so that nothing is missed.
    let watching = try ControlClient(directory: directory)
    if invocation.has("now") {
      let trigger = ControlRequest(.trigger)
      try ControlClient(directory: directory).request(trigger, silenceMax: .seconds(5)) { _ in }
    }
    try watching.request(ControlRequest(.listen), silenceMax: nil) { reply in
      guard let entry = reply.entry else { return }
      if invocation.wantsJSON { try? Output.json(entry) } else { Output.line(TimelineText.line(entry)) }
    }
  }
}

/// A timeline entry as a line of at most 80 columns or so.
enum TimelineText {
  static func line(_ entry: TimelineEntry) -> String {
    let number = entry.utterance.map { "\($0)" } ?? ""
    let since = entry.sinceSpeechEndMS.map { "\(Int($0.rounded())) ms" } ?? ""
    return number.padded(to: 3) + " " + entry.stage.rawValue.padded(to: 10) + "  " + since.leftPadded(to: 8)
      + "  "
      + entry.text
  }
}

extension String {
  func leftPadded(to width: Int) -> String {
    String(repeating: " ", count: max(0, width - count)) + self
  }
}
