// SPDX-License-Identifier: Apache-2.0
import Loop
import Time
import Wyoming

/// Intent recognition by a Wyoming service: text in, intent out.
@LoopActor public final class IntentClient {
  public enum Answer: Sendable, Equatable {
    case intent(WyomingIntent)
    /// Not understood; the text may be spoken.
    case notRecognized(text: String?)
    /// The service has acted already; the text may be spoken.
    case handled(text: String?)
  }

  public let service: WyomingService

  public init(_ service: WyomingService) { self.service = service }

  /// - Throws: `WorkerError`, at the latest at `deadline`.
  public func recognize(_ text: String, until deadline: Instant) async throws(WorkerError) -> Answer {
    let exchange = Exchange<Answer>(service, .intent, until: deadline)
    exchange.onEvent = { [unowned exchange] event in
      switch event {
      case .intent(let intent): exchange.end(.success(.intent(intent)))
      case .notRecognized(let text), .notHandled(let text):
        exchange.end(.success(.notRecognized(text: text)))
      case .handled(let text): exchange.end(.success(.handled(text: text)))
      default: break
      }
    }
    exchange.send(.recognize(text: text))
    return try await exchange.answer()
  }
}
