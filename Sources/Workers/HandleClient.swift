// SPDX-License-Identifier: Apache-2.0
import Loop
import Time
import Wyoming

/// Handling of what was said by a Wyoming service: transcript in, reply out.
@LoopActor public final class HandleClient {
  public enum Answer: Sendable, Equatable {
    case handled(text: String?)
    case notHandled(text: String?)
  }

  public let service: WyomingService

  public init(_ service: WyomingService) { self.service = service }

  /// - Throws: `WorkerError`, at the latest at `deadline`.
  public func handle(
    _ transcript: Transcript, until deadline: Instant
  ) async throws(WorkerError) -> Answer {
    let exchange = Exchange<Answer>(service, .handle, until: deadline)
    exchange.onEvent = { [unowned exchange] event in
      switch event {
      case .handled(let text): exchange.end(.success(.handled(text: text)))
      case .notHandled(let text), .notRecognized(let text):
        exchange.end(.success(.notHandled(text: text)))
      default: break
      }
    }
    exchange.send(.transcript(text: transcript.text, language: transcript.language))
    return try await exchange.answer()
  }
}
