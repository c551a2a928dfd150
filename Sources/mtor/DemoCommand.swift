// SPDX-License-Identifier: Apache-2.0
import Configuration
import Glibc
import JSON
import Log
import Loop
import Posix
import Runtime
import Simulation

extension Commands {
  static let demo = Command(
    name: "demo",
    summary: "Watch spoken phrases and a button become actions, without hardware",
    details: """
      Runs the built-in sample: the real runtime, the offline speech worker and a real ALSA microphone, into
      which two synthesised voices speak over noise. Lines are simulated. Prints what happens as it happens,
      each with the milliseconds since the end of speech, then a table of what was said, understood and done.
      Takes about a minute. Exits with 1 when anything came out otherwise than it should.
      """,
    options: [.json],
    examples: [Example("mtor demo", "Nothing to prepare.")],
    run: runDemo)

  @Sendable private static func runDemo(_ invocation: Invocation) throws(CommandFailure) -> ExitCode {
    let settings = try LoadedSettings.read(nil, board: "sim")
    let directory = try PrivateDirectory.make()
    defer { PrivateDirectory.remove(directory) }
    let outcome = Locked<Result<[DemoResult], CommandFailure>>(
      .failure(CommandFailure(.temporary, "ended by a signal")))
    let loop = LoopActor.shared.loop
    loop.bindToCurrentThread()
    let isQuiet = invocation.wantsJSON
    LoopActor.assumeIsolated {
      var quiet = settings
      quiet.log.level = .error
      let demo = Demo(quiet, directory: directory)
      let signals = try? Signals([SIGTERM, SIGINT]) { _ in loop.stop() }
      if !isQuiet { show(demo) }
      LoopActor.spawn("demo") {
        do {
          let results = try await demo.run()
          outcome.withLock { $0 = .success(results) }
        } catch {
          outcome.withLock { $0 = .failure(CommandFailure(.unavailable, "\(error)")) }
        }
        signals?.close()
        loop.stop()
      }
    }
    loop.run()
    let results = try outcome.withLock { $0 }.get()
    if isQuiet { try Output.json(results) } else { Output.text(summary(results)) }
    return results.allSatisfy(\.isRight) ? .success : .negative
  }

  @LoopActor private static func show(_ demo: Demo) {
    demo.onNote = { Output.line("demo: \($0)") }
    Output.line(
      "demo: two voices, a button and some noise; \(DemoScript.scenes.count) scenes, about a minute")
    let heading =
      "no.".padded(to: 3) + " " + "what".padded(to: 10) + "  " + "after".leftPadded(to: 8) + "  text"
    var isFirst = true
    demo.onEntry = { entry in
      if isFirst { Output.line("\n" + heading) }
      isFirst = false
      if entry.stage != .device { Output.line(TimelineText.line(entry)) }
    }
  }

  private static func summary(_ results: [DemoResult]) -> String {
    var table = TextTable("", "said", "understood", "did and replied")
    for result in results {
      let after = result.replyAfterMS.map { " (\(Int($0.rounded())) ms)" } ?? ""
      let did = result.did == "-" ? "" : "\(result.did). "
      table.add(
        result.isRight ? "ok" : "NO", result.said, result.understood, did + result.reply + after)
    }
    let wrong = results.filter { !$0.isRight }
    var text = "\n" + table.text() + "\n"
    for result in wrong { text += "\(result.said): \(result.mistakes.joined(separator: "; "))\n" }
    let count = "\(results.count - wrong.count) of \(results.count) scenes as they should be."
    return text + count + (wrong.isEmpty ? " Next: mtor run, with your own microphone.\n" : "\n")
  }
}
