// SPDX-License-Identifier: Apache-2.0

/// Several steps with one request, as data: what one gives, the next one gets.
public struct Pipeline: Sendable, Equatable {
  public enum Stage: Sendable, Equatable {
    /// A worker of the realm; `prompt` is put before the text.
    case ask(realm: String, model: String? = nil, prompt: String? = nil)
    /// The text is a command, which is done and whose reply goes on; or it goes to a realm (`Routing`).
    case route
    /// An automation hears of the text; the text goes on at once.
    case fire(rule: String)
    /// Sentence by sentence, the first one while the rest is still being written. The last stage.
    case speak(realm: String)
  }

  public var stages: [Stage]

  public init(_ stages: [Stage]) { self.stages = stages }

  /// Speech → transcript → command or chat → speech.
  public static let voice = Pipeline([.ask(realm: "$SPEECH"), .route, .speak(realm: "$SPEAK")])

  /// Image → description → automation → speech.
  public static func vision(rule: String, prompt: String) -> Pipeline {
    Pipeline([.ask(realm: "$VISION", prompt: prompt), .fire(rule: rule), .speak(realm: "$SPEAK")])
  }
}
