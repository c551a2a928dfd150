// SPDX-License-Identifier: Apache-2.0
import Intents
import Testing
import Time

@Suite struct RoutingTests {
  struct Course: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var text: String
    var isCommand = false
    /// What the classifier says; nil: it is not asked.
    var answer: Outcome?
    var end: Routing.Action
  }

  private let profile = RoutingProfile(
    rules: [.init("pictures", keywords: ["draw", "paint"], realm: "$IMAGINE")], classifier: "$CHAT",
    choices: ["$CHAT", "$VISION", "$WEATHER_REPORT"], fallback: "$CHAT")

  @Test(arguments: [
    Course(testDescription: "a command", text: "lights on", isCommand: true, end: .command),
    Course(
      testDescription: "a rule", text: "Please draw: a cat",
      end: .realm("$IMAGINE", because: .rule("pictures"))),
    Course(
      testDescription: "the classifier's word", text: "what is there?", answer: .completed(text: "Vision."),
      end: .realm("$VISION", because: .classifier)),
    Course(
      testDescription: "a name of two words", text: "rain?", answer: .completed(text: "$WEATHER_REPORT"),
      end: .realm("$WEATHER_REPORT", because: .classifier)),
    Course(
      testDescription: "an answer that names two", text: "x", answer: .completed(text: "chat or vision"),
      end: .realm("$CHAT", because: .fallback("the classifier named 2 realms"))),
    Course(
      testDescription: "an answer that names none", text: "x", answer: .completed(text: "I can't"),
      end: .realm("$CHAT", because: .fallback("the classifier named 0 realms"))),
    Course(
      testDescription: "no answer in time", text: "x", answer: .expired(stage: "call of w"),
      end: .realm("$CHAT", because: .fallback("the classifier gave no answer"))),
  ])
  func textFindsItsRealm(_ course: Course) {
    var routing = Routing(profile, Self.intent(course.text))
    #expect(routing.handle(.begin, at: .zero) == [.match(course.text)])
    var actions = routing.handle(.matched(course.isCommand), at: .zero)
    if let answer = course.answer, case .classify(let intent)? = actions.first {
      #expect(intent.realm == "$CHAT" && intent.parent == "a")
      #expect(intent.deadline == Instant(milliseconds: 1500))
      actions = routing.handle(.classified(answer), at: .zero)
    }
    #expect(actions == [course.end])
    #expect(routing.handle(.classified(.completed(text: "vision")), at: .zero) == [])
  }

  @Test func theClassifierHasAQuarterOfTheTimeAtMost() {
    var routing = Routing(profile, Self.intent("x", deadline: 2000))
    _ = routing.handle(.begin, at: .zero)
    guard case .classify(let intent)? = routing.handle(.matched(false), at: .zero).first else {
      Issue.record("not asked")
      return
    }
    #expect(intent.deadline == Instant(milliseconds: 500))
  }

  @Test func withoutAClassifierTheDefaultServes() {
    var routing = Routing(RoutingProfile(), Self.intent("x"))
    _ = routing.handle(.begin, at: .zero)
    let fallback = Routing.Reason.fallback("no rule is about it")
    #expect(routing.handle(.matched(false), at: .zero) == [.realm("$CHAT", because: fallback)])
  }

  static func intent(_ text: String, deadline: UInt64 = 8000) -> Intent {
    Intent(
      id: "a", realm: "$ANY", payload: .text(text), deadline: Instant(milliseconds: deadline), origin: .user)
  }
}
