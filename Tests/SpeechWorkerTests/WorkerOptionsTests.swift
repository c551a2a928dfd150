// SPDX-License-Identifier: Apache-2.0
import Speech
import TestSupport
import Testing

@testable import SpeechWorker

struct WorkerOptionsTests {
  @Test func phrasesCarryTheirThresholds() throws {
    let arguments = ["--wake", "Hey  Jarvis", "--wake", "okay assistant@1e-40/-9", "--wake", "a b@1e-20/off"]
    guard case .serve(let options) = try WorkerOptions.parse(arguments) else {
      Issue.record("not served")
      return
    }
    #expect(options.phrases.map(\.phrase) == ["hey jarvis", "okay assistant", "a b"])
    #expect(options.phrases.map(\.threshold) == [WakePhrase("x").threshold, 1e-40, 1e-20])
    #expect(options.phrases.map(\.verify) == [WakePhrase("x").verify, -9, nil])
  }

  @Test(arguments: [
    ["--what"], ["--uri"], ["--uri", "http://a"], ["--wake", "@1"], ["--wake", "a@2"], ["--wake", "a@1/x"],
    ["--sessions", "0"], ["--margin", "low"], ["--log-level", "loud"],
  ])
  func badOptionsAreNamed(_ arguments: [String]) {
    let error = thrown(UsageError.self) { try WorkerOptions.parse(arguments) }
    #expect(error.map { "\($0)".contains(arguments[0]) } == true)
  }

  @Test func wordsAreToldOnceTheyAreCertain() {
    var prefix = StablePrefix()
    #expect(prefix.newWords(in: "turn on") == nil)
    #expect(prefix.newWords(in: "turn on the") == "turn on")
    #expect(prefix.newWords(in: "turn on the light") == " the")
    #expect(prefix.newWords(in: "turn off a light") == nil)
    #expect(prefix.newWords(in: "turn on the kitchen light") == nil)
  }
}
