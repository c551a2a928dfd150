// SPDX-License-Identifier: Apache-2.0
import Glibc
import HTTPClient
import Intents
import Loop
import TestSupport
import Testing
import Time
import Workers

/// Against LiteLLM's proxy as it comes from PyPI, with models that need no provider.
@Suite(.serialized, .enabled(if: LiteLLM.isInstalled, "scripts/test-servers has not installed LiteLLM"))
struct LiteLLMTests {
  private static let server = Result { try LiteLLM.start() }
  let url: String

  init() async throws { url = "http://127.0.0.1:\(try await onThread { try Self.server.get().port })" }

  private func ask(_ model: String, key: String = LiteLLM.key) async throws -> Answer {
    let url = url
    return try await onLoop {
      var intent = HTTPWorker.intent(.text("Turn on the light"), within: .seconds(60))
      intent.model = model
      return try await Self.worker(url, key).ask(intent)
    }
  }

  @LoopActor private static func worker(_ url: String, _ key: String) throws -> HTTPWorker {
    var settings = HTTPWorkerSettings(try HTTPURL("\(url)/v1"))
    settings.connectTimeout = .seconds(20)
    settings.fields = [HTTPField("Authorization", "Bearer \(key)")]
    return try HTTPWorker("litellm", settings, openai: OpenAIDialect(.chat))
  }

  @Test func itsModelsAreKnownByAProbe() async throws {
    let url = url
    let result = try await onLoop {
      try await Self.worker(url, LiteLLM.key).probe(until: LoopActor.shared.loop.now + .seconds(60))
    }
    #expect(result == .alive(Capabilities(models: ["mock", "broken"])))
  }

  @Test func itsStreamIsUnderstood() async throws {
    let answer = try await ask("mock")
    #expect(answer.payload == .text("The light in the kitchen is on. Anything else?"))
    #expect(answer.pieces.count > 1 && answer.pieces.joined() == answer.payload?.text)
    #expect(answer.events.first == .started)
  }

  @Test func whatItsProviderSaysIsHandedOn() async throws {
    let answer = try await ask("broken")
    #expect(answer.failure?.kind == .refused)
    #expect(
      answer.failure?.text.contains("content_filter_policy") == true, "\(String(describing: answer.failure))")
  }

  @Test func aModelThatItDoesNotHaveIsSaid() async throws {
    let answer = try await ask("none")
    #expect(answer.failure?.kind == .unsupported)
    #expect(
      answer.failure?.text.contains("Invalid model name") == true, "\(String(describing: answer.failure))")
  }

  @Test func itsAnthropicAPIIsUnderstood() async throws {
    let url = url
    let answer = try await onLoop {
      var settings = HTTPWorkerSettings(try HTTPURL(url))
      settings.connectTimeout = .seconds(20)
      settings.fields = [HTTPField("x-api-key", LiteLLM.key)]
      let worker = try HTTPWorker("claude", settings, anthropic: AnthropicDialect(model: "mock"))
      return try await worker.ask("Turn on the light", within: .seconds(60))
    }
    #expect(answer.payload == .text("The light in the kitchen is on. Anything else?"))
  }
}

private enum LiteLLM {
  static let key = "sk-mtor-tests-48d7c2a90b"
  private static let directory = TemporaryDirectory()
  private static let home =
    #filePath.dropLast("/Tests/WorkersTests/LiteLLMTests.swift".count) + "/build/test-servers/litellm"

  static var isInstalled: Bool { access("\(home)/installed", F_OK) == 0 }

  static func start() throws -> PythonServer {
    let file = directory.write(
      "litellm.yml",
      """
      model_list:
        - model_name: mock
          litellm_params:
            model: openai/gpt-4o
            api_key: none
            mock_response: "The light in the kitchen is on. Anything else?"
        - model_name: broken
          litellm_params:
            model: openai/gpt-4o
            api_key: none
            mock_response: "Exception: content_filter_policy"
      general_settings:
        master_key: \(key)
      """)
    // It asks the network for the prices of models otherwise.
    return try PythonServer(
      command: "env LITELLM_LOCAL_MODEL_COST_MAP=True \(home)/bin/litellm --config \(file) --host 127.0.0.1 "
        + "--port {port}")
  }
}
