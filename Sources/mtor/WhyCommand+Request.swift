// SPDX-License-Identifier: Apache-2.0
import JSON
import Runtime
import Spelling

extension Commands {
  /// The course of a request, from the running daemon.
  static func tellRequest(_ invocation: Invocation) throws(CommandFailure) -> ExitCode {
    var why: WhyReport?
    try exchange(ControlRequest(.why, name: invocation.arguments.first), invocation) { reply in
      if let report = reply.why { why = report }
    }
    guard let why else { throw noAnswer }
    if invocation.wantsJSON { try Output.json(why) } else { Output.text(text(why)) }
    return .success
  }

  private static func text(_ why: WhyReport) -> String {
    var lines = ["\(why.id)\(why.origin.map { ", asked by \($0)" } ?? "")\(why.user.map { " \($0)" } ?? "")"]
    if let because = why.because { lines.append("\(why.realm.map { "for \($0): " } ?? "")\(because)") }
    var text = HelpText.paragraphs(lines.joined(separator: "\n\n")).replacing("\n\n", with: "\n") + "\n"
    for course in why.courses { text += "\n" + self.text(course) }
    return text
  }

  private static func text(_ course: WhyReport.Course) -> String {
    let model = course.model.map { ", model \($0)\(course.isModelKnown ? "" : " (known to nobody)")" } ?? ""
    var text =
      "\(course.realm), \(duration(course.budgetMS)) for it, priority \(course.priority)\(model) (\(course.id))\n"
    if !course.candidates.isEmpty {
      var table = TextTable("could begin", "score", "busy with", "latency")
      for candidate in course.candidates {
        table.add(
          candidate.worker, "\(candidate.score)", "\(candidate.load)",
          candidate.latencyMS.map(duration) ?? "-")
      }
      text += table.text()
    }
    var steps = TextTable("after", "what", "budget")
    for step in course.steps {
      steps.add(duration(step.afterMS), step.what, step.budgetMS.map(duration) ?? "")
    }
    let took = course.tookMS.map(duration) ?? ""
    steps.add(took, course.outcome ?? "still under way")
    return text + steps.text()
  }
}
