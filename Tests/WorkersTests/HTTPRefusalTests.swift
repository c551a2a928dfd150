// SPDX-License-Identifier: Apache-2.0
import Intents
import Testing

@testable import Workers

/// Whose fault a status is, by the words of the real servers.
@Suite struct HTTPRefusalTests {
  struct Refusal: Sendable {
    var status: Int
    var body: String
    /// That the intent asks for.
    var model: String?
    var kind: WorkerFailure.Kind
    var text: String
  }

  /// As LiteLLM has it.
  private static let invalidModel =
    #"{"error":{"message":"/chat/completions: Invalid model name passed in model=x","code":"400"}}"#

  static let refusals: [Refusal] = [
    Refusal(status: 401, body: "no", kind: .misconfigured, text: "status 401: no. Check its key"),
    Refusal(status: 403, body: "", kind: .misconfigured, text: "status 403. Check its key"),
    Refusal(
      status: 404, body: #"{"detail":"Not Found"}"#, kind: .misconfigured,
      text: "status 404: Not Found. Check its 'url'"),
    Refusal(status: 501, body: "", kind: .misconfigured, text: "status 501. Check its 'url'"),
    Refusal(status: 400, body: invalidModel, kind: .misconfigured, text: "Check its 'model'"),
    Refusal(
      status: 400, body: invalidModel, model: "x", kind: .unsupported, text: "It does not have the model"),
    // Ollama, vLLM, Anthropic.
    Refusal(
      status: 404, body: #"{"error":"model 'x' not found, try pulling it first"}"#, model: "x",
      kind: .unsupported, text: "try pulling it first. It does not have the model"),
    Refusal(
      status: 404, body: #"{"object":"error","message":"The model `x` does not exist."}"#,
      kind: .misconfigured, text: "Check its 'model'"),
    Refusal(
      status: 404, body: #"{"type":"error","error":{"type":"not_found_error","message":"model: x"}}"#,
      kind: .misconfigured, text: "Check its 'model'"),
    Refusal(
      status: 400, body: #"{"error":{"message":"This model's maximum context length is 4096 tokens"}}"#,
      kind: .refused, text: "maximum context length"),
    Refusal(status: 422, body: "\n\nline\nnext", kind: .refused, text: "status 422: line"),
    Refusal(status: 508, body: "", kind: .unsupported, text: "status 508"),
    Refusal(status: 503, body: #"{"error":{"message":"Loading model"}}"#, kind: .busy, text: "Loading model"),
    Refusal(status: 504, body: "", kind: .timeout, text: "status 504"),
    Refusal(status: 500, body: "", kind: .broken, text: "status 500"),
  ]

  @Test(arguments: refusals) func aStatusIsSomebodysFault(_ refusal: Refusal) {
    let error = HTTPRefusal(refusal.status, Array(refusal.body.utf8)).error(askedFor: refusal.model)
    #expect(error.kind == refusal.kind)
    #expect(error.text.contains(refusal.text), "\(error.text)")
  }
}
