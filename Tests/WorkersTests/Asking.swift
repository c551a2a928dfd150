// SPDX-License-Identifier: Apache-2.0
import Intents
import Loop
import TestSupport
import Testing
import Time
import Workers

/// What a worker did with one request.
struct Answer: Sendable {
  var events: [WorkerEvent] = []

  var result: Result<Payload, WorkerFailure>? {
    guard case .ended(let result) = events.last else { return nil }
    return result
  }
  var payload: Payload? { try? result?.get() }
  var failure: WorkerFailure? {
    guard case .failure(let failure) = result else { return nil }
    return failure
  }
  var pieces: [String] {
    events.compactMap { event in
      guard case .piece(let payload) = event else { return nil }
      return payload.text
    }
  }
}

extension Worker {
  /// Asks and waits for the end.
  func ask(_ intent: Intent) async throws -> Answer {
    var answer = Answer()
    let loop = LoopActor.shared.loop
    var call: (any WorkerCall)?
    try await loop.wait(on: "worker", until: intent.deadline + .seconds(20)) { (waiter: Waiter<Void>) in
      call = self.call(WorkerRequest(intent, deadline: intent.deadline)) { event in
        answer.events.append(event)
        if case .ended = event { waiter.resume(returning: ()) }
      }
      #expect(answer.events.isEmpty)
    }
    call?.cancel()
    return answer
  }

  func ask(_ text: String, within limit: Duration = .seconds(60)) async throws -> Answer {
    try await ask(Self.intent(.text(text), within: limit))
  }

  static func intent(_ payload: Payload, within limit: Duration = .seconds(20)) -> Intent {
    Intent(
      id: "1", realm: "$CHAT", payload: payload, deadline: LoopActor.shared.loop.now + limit, origin: .user)
  }
}
