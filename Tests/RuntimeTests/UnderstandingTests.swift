// SPDX-License-Identifier: Apache-2.0
import Loop
import Posix
import Runtime
import TestSupport
import Testing
import Wyoming
import WyomingTransport

/// Sentences that are none of the commands go to the services that the configuration names.
@Suite(.serialized) struct UnderstandingTests {
  @Test(
    arguments: [
      // The intent service names a command of ours.
      ("make it bright", "lamp", nil),
      // It does not know; the handle service does. There is no loudspeaker to say it.
      ("tell me a joke", nil, "say: no text-to-speech worker is configured (services.text_to_speech)"),
      ("hum", nil, "no command is like that"),
      ("crash", nil, "closed"),
    ] as [(String, String?, String?)])
  func otherSentencesAreTheServicesToUnderstand(text: String, line: String?, refusal: String?) async throws {
    let directory = TemporaryDirectory()
    let path = directory.file("brain.sock")
    let server = try await onLoop { try Self.brain(.unix(path: path)) }
    let test = try await onLoop {
      try TestDaemon(
        TestDaemon.configuration + """

          services: {intent: brain, handle: brain}
          workers:
            brain: {url: "unix://\(path)"}
            speech: {url: "unix:///nowhere"}
          """)
    }
    let asked = test.directory
    var told: String?
    do throws(ControlError) {
      _ = try TestDaemon.ask(asked, ControlRequest(.ask, text: text))
    } catch { told = error.description }
    if let refusal { #expect(told?.contains(refusal) == true) } else { #expect(told == nil) }
    if let line { #expect(try await onLoop { test.lines.isOn(line) } == true) }
    try await onLoop {
      await test.daemon.stop()
      server.stop(within: .seconds(1))
    }
  }

  @LoopActor private static func brain(_ endpoint: Endpoint) throws -> WyomingServer {
    try WyomingServer(endpoint) { stream in
      stream.onEvent = { [unowned stream] event in
        switch event {
        case .describe:
          stream.send(
            .info(
              WyomingInfo([
                .intent: [WyomingProgram(name: "brain")], .handle: [WyomingProgram(name: "brain")],
              ])))
        case .recognize("crash"): stream.close()
        case .recognize(let text):
          let meant = WyomingIntent(name: "thing_on", entities: [.init("thing", .string("lamp"))])
          stream.send(text == "make it bright" ? .intent(meant) : .notRecognized(text: nil))
        case .transcript("tell me a joke", _): stream.send(.handled(text: "Knock knock."))
        case .transcript: stream.send(.notHandled(text: nil))
        default: break
        }
      }
    }
  }
}
