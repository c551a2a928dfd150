// SPDX-License-Identifier: Apache-2.0
import JSON
import Runtime
import Store

/// What the journal tells of a run of an automation: its cause, what it did, how it ended; and the same of
/// the run that called it.
struct RunStory {
  /// Runs told: who called whom, at most.
  static let callersMax = 8

  private(set) var rows: [JournalRow] = []

  /// - Throws: `StoreError` when the journal cannot be read.
  init(of run: UInt64, in reader: borrowing JournalReader) throws(StoreError) {
    var number: Int64? = Int64(clamping: run)
    var found: [[JournalRow]] = []
    while let wanted = number, found.count < Self.callersMax {
      var own: [JournalRow] = []
      _ = try reader.visit(after: 0, kind: "rule") { row in
        if row.members["run"]?.integerValue == wanted { own.append(row) }
        return true
      }
      found.append(own)
      number = own.first { $0.kind == "rule.started" }?.members["caller"]?.integerValue
    }
    rows = found.reversed().flatMap { $0 }
  }

  var lines: [String] {
    rows.map { row in
      let members = row.members
      let rule = members["rule"]?.stringValue ?? ""
      let run = members["run"]?.integerValue ?? 0
      return "\(TimeText.local(row.stamp.wall))  \(rule) \(run): \(Self.text(row.kind, members))"
    }
  }

  private static func text(_ kind: String, _ members: JSONObject) -> String {
    let steps = members["steps"]?.arrayValue?.compactMap(\.stringValue).joined(separator: ", ") ?? ""
    let done = steps.isEmpty ? "" : "did \(steps); "
    let failure = members["failure"]?.stringValue
    switch kind {
    case "rule.started": return "started by \(members["trigger"]?.stringValue ?? "")\(event(members))"
    case "rule.queued": return "queued by \(members["trigger"]?.stringValue ?? "")"
    case "rule.waiting": return "\(done)waits, \(members["on"]?.stringValue ?? "")"
    case "rule.step": return "\(done)begins \(members["step"]?.stringValue ?? "")"
    case "rule.approval": return members["approved"] == true ? "approved" : "not approved"
    case "rule.unknown":
      return "interrupted: whether it did \(members["step"]?.stringValue ?? "") is not known"
    case "rule.failed": return "stopped: \(failure ?? "")"
    case "rule.retried": return "tried again"
    case "rule.ended": return "\(done)\(failure.map { "ended with a failure, \($0)" } ?? "ended")"
    default: return kind
    }
  }

  private static func event(_ members: JSONObject) -> String {
    guard let event = members["event"], let text = try? JSONText.string(event) else { return "" }
    return " with \(text)"
  }
}
