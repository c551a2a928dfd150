// SPDX-License-Identifier: Apache-2.0
import Runtime

/// What came of one scene.
public struct DemoResult: Sendable, Codable {
  public var said: String
  public var understood: String
  public var did: String
  public var reply: String
  /// From the end of speech to the reply's first sample.
  public var replyAfterMS: Double?
  /// What should have been otherwise; empty: all as expected.
  public var mistakes: [String]

  public var isRight: Bool { mistakes.isEmpty }

  /// Judges what was observed while `scene` played.
  init(_ scene: DemoScene, _ entries: [TimelineEntry]) {
    func texts(_ stage: TimelineEntry.Stage) -> [String] { entries.filter { $0.stage == stage }.map(\.text) }
    let commands = texts(.intent)
    let actions = texts(.action)
    let replies = entries.filter { $0.stage == .reply }
    let isRejected = !texts(.failure).isEmpty
    said = scene.words
    let understood =
      commands.isEmpty ? (isRejected ? "(not understood)" : "(nothing)") : commands.joined(separator: "; ")
    let did = actions.isEmpty ? "-" : actions.joined(separator: ", ")
    let reply =
      replies.isEmpty ? (isRejected ? "(failure sound)" : "-") : replies.map(\.text).joined(separator: " ")
    let isReplyRight =
      scene.reply.map { replies.count == 1 && replies[0].text.hasPrefix($0) } ?? replies.isEmpty
    mistakes = [
      (
        commands.map { String($0.prefix { $0 != " " }) } == (scene.command.map { [$0] } ?? []),
        "understood \(understood)"
      ),
      (actions == scene.actions, "did \(did), not \(scene.actions.joined(separator: ", "))"),
      (isRejected == scene.isRejected, isRejected ? "rejected: \(texts(.failure)[0])" : "not rejected"),
      (isReplyRight, "replied \(reply), not \(scene.reply ?? "at all")"),
    ].filter { !$0.0 }.map(\.1)
    self.understood = understood
    self.did = did
    self.reply = reply
    replyAfterMS = replies.first?.sinceSpeechEndMS
  }
}

extension DemoScene {
  /// The event in words.
  public var words: String {
    switch event {
    case .speech(_, let wake, let text): wake ? "\(DemoScript.wakePhrase), \(text)" : text
    case .button(let name): "[\(name) is pressed]"
    }
  }
}
