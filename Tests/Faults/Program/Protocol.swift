// SPDX-License-Identifier: Apache-2.0
import HTTPClient
import HTTPTransport
import Intents
import Loop
import Workers

/// The realms of a campaign, each with a protocol.
enum Protocol: String, CaseIterable {
  case openai = "$CHAT"
  case anthropic = "$ASK"
  case rentAHal = "$HAL"
  case speech = "$SPEAK"
  case node = "$NODE"
  case program = "$RUN"

  /// Requests at the same time of one worker.
  var slots: Int { self == .program ? 4 : 8 }

  @LoopActor func manners(_ places: Places) -> [Manner] {
    self == .program ? Manner.programs : places.manners
  }

  /// - Parameter manner: a program for the good one too.
  @LoopActor func worker(
    _ name: String, _ manner: Manner, _ places: Places, health: String, _ session: HTTPSession
  ) throws -> any Worker {
    if self != .program { return try http(name, places.base(manner, health: health), session) }
    var settings = ExecSettings(places.command(manner))
    settings.memoryMaxBytes = 64 << 20
    settings.answerMaxBytes = 1 << 20
    settings.processesMin = manner.isKept ? 1 : 0
    settings.processesMax = slots
    return ExecWorker(name, settings)
  }

  @LoopActor func http(_ name: String, _ base: String, _ session: HTTPSession) throws -> HTTPWorker {
    var settings = HTTPWorkerSettings(try HTTPURL(base))
    settings.answerMaxBytes = 1 << 20
    settings.connectTimeout = .milliseconds(400)
    switch self {
    case .openai, .program:
      return try HTTPWorker(name, settings, openai: OpenAIDialect(.chat), session: session)
    case .anthropic:
      return try HTTPWorker(name, settings, anthropic: AnthropicDialect(model: "m"), session: session)
    case .rentAHal:
      return try HTTPWorker(name, rentAHal: base, RentAHalDialect(.chat), session: session) { $0 = settings }
    case .speech: return try HTTPWorker(name, settings, openai: OpenAIDialect(.speak), session: session)
    case .node: return try HTTPWorker(name, settings, mtor: MtorDialect(node: "campaign"), session: session)
    }
  }

  /// Whether a completed intent has the right answer.
  func isRight(_ answer: Payload, to prompt: String) -> Bool {
    let text = "echo \(prompt) end"
    if self != .speech { return answer.text == text && answer.media.isEmpty }
    return answer.audio?.bytes == Array("RIFF\0\0\0\0WAVE\(text)".utf8)
  }
}
