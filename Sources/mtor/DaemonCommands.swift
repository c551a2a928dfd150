// SPDX-License-Identifier: Apache-2.0
import Configuration
import JSON
import Runtime

/// Commands that ask a running daemon one thing.
extension Commands {
  static let say = Command(
    name: "say",
    summary: "Speak a text",
    details:
      "Speaks through the configured text-to-speech worker and loudspeaker; ends when it has been heard.",
    arguments: [Argument("TEXT", "What to say.", count: .many)],
    options: [timeout, .config, .board, .json],
    examples: [Example("mtor say dinner is ready", "Speaks three words.")],
    run: { invocation throws(CommandFailure) in try send(.say, invocation) })

  static let logLevel = Command(
    name: "log-level",
    summary: "Change how much the running mtor logs",
    details:
      "Sets the level of one module, or of all that have no level of their own. Lasts until the next start.",
    arguments: [
      Argument("LEVEL", "debug, info, notice, warning or error."),
      Argument("MODULE", "As in the log's second column; without it all.", count: .optional),
    ],
    options: [.json],
    examples: [Example("mtor log-level debug voice", "Shows each decision of the voice path.")],
    run: { invocation throws(CommandFailure) in
      let module = invocation.arguments.count > 1 ? invocation.arguments[1] : nil
      return try request(ControlRequest(.level, text: invocation.arguments[0], name: module), invocation)
    })

  static let reload = Command(
    name: "reload",
    summary: "Let the running mtor read its configuration again",
    details: "As SIGHUP does, but tells the mistakes here. A file with mistakes changes nothing.",
    options: [.json],
    examples: [Example("mtor reload", "After an edit of the configuration.")],
    run: { invocation throws(CommandFailure) in try request(ControlRequest(.reload), invocation) })

  static let timeout = Option(
    "timeout", value: "TIME", "Give up after so long: 500ms, 30s, 2min (30s); a plain number is milliseconds."
  )

  /// Sends the command's words to a daemon.
  private static func send(
    _ verb: ControlRequest.Verb, _ invocation: Invocation
  ) throws(CommandFailure) -> ExitCode {
    let text = invocation.arguments.joined(separator: " ")
    let asked = ControlRequest(verb, text: text, budgetMS: try budget(invocation))
    return try DaemonAccess.use(invocation) { directory, _ throws(CommandFailure) in
      try request(asked, invocation, in: directory)
    }
  }

  /// In milliseconds.
  static func budget(_ invocation: Invocation, max: Int = 120_000) throws(CommandFailure) -> Int {
    guard let text = invocation.value("timeout") else { return 30_000 }
    let value: Int
    if let plain = Int(text) {
      value = plain
    } else {
      do throws(BadDuration) {
        value = Int(try DurationText.parse(text).milliseconds)
      } catch { throw CommandFailure(.usage, "--timeout: \(error)") }
    }
    guard (1...max).contains(value) else {
      throw CommandFailure(.usage, "--timeout \(text): write 1ms to \(max / 1000)s.")
    }
    return value
  }

  /// Sends one request to the running daemon and prints its last reply.
  static func request(
    _ request: ControlRequest, _ invocation: Invocation, in directory: String = RuntimeDirectory.path()
  ) throws(CommandFailure) -> ExitCode {
    let silence: Duration = .milliseconds(Int64(request.budgetMS ?? 5000) + 1000)
    try exchange(request, invocation, in: directory, silenceMax: silence) { reply in
      guard let done = reply.done else { return }
      if invocation.wantsJSON {
        try? Output.json(reply)
      } else if !done.isEmpty, done != "ok" {
        Output.line(done)
      }
    }
    return .success
  }

  /// Sends one request to a daemon and hands on its replies.
  ///
  /// - Parameter silenceMax: longest wait for a next reply; nil waits for ever.
  /// - Throws: `.negative` when the daemon refuses, which --json tells as a reply too; `.unavailable` when
  ///   there is none, or it goes away, or says nothing.
  static func exchange(
    _ request: ControlRequest, _ invocation: Invocation, in directory: String = RuntimeDirectory.path(),
    silenceMax: Duration? = .seconds(5), media: [[UInt8]] = [], _ onReply: (ControlReply) -> Void
  ) throws(CommandFailure) {
    do throws(ControlError) {
      let client = try ControlClient(directory: directory)
      try client.request(request, silenceMax: silenceMax, media: media, onReply)
    } catch {
      if error.isRefusal, invocation.wantsJSON { try Output.json(ControlReply(error: error.description)) }
      throw CommandFailure(error.isRefusal ? .negative : .unavailable, error.description)
    }
  }
}
