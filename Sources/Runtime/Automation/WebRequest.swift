// SPDX-License-Identifier: Apache-2.0
import Automation
import HTTPClient
import HTTPTransport
import JSON
import Loop
import Time

/// HTTP for automations: the step `http`, and messages of channels.
@LoopActor enum WebRequest {
  /// Bytes of an answer that are taken.
  static let answerBytesMax = 64 << 10

  /// - Parameter key: the same when the request is repeated after a restart.
  /// - Returns: `status`, and `body` as text.
  /// - Throws: `HTTPError`; `StepError` for a status from 400 on.
  static func send(_ step: Step.Request, key: String) async throws -> JSONValue {
    await HTTPSession.load()
    var request = HTTPRequest(
      try HTTPURL(step.url), method: step.method, body: step.body.map { Array($0.utf8) })
    request.fields = [HTTPField("Idempotency-Key", key)]
    if step.body != nil { request.fields.append(HTTPField("Content-Type", step.contentType)) }
    request.responseMaxBytes = answerBytesMax
    let response = try await HTTPSession.shared.fetch(
      request, until: LoopActor.shared.loop.now + step.timeout)
    if response.head.status >= 400 { throw StepError("status \(response.head.status)") }
    return ["status": .integer(Int64(response.head.status)), "body": .string(response.text)]
  }
}
