// SPDX-License-Identifier: Apache-2.0
import Intents
import Testing
import Time

@Suite struct PipelineTests {
  typealias Event = PipelineRun.Event

  struct Course: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var pipeline = Pipeline.voice
    var events: [Event]
    var told: [String]
  }

  private static func done(_ id: String, _ text: String) -> Event { .settled(id: id, .completed(text: text)) }

  @Test(arguments: [
    Course(
      testDescription: "a command",
      events: [.begin, done("a.1", "lights on"), .command(.completed(text: "Done.")), done("a.2", "sound")],
      told: [
        "submit a.1 $SPEECH 8000 ''", "route 'lights on'", "submit a.2 $SPEAK 8000 'Done.'", "play 'sound'",
        "end completed 'Done.'",
      ]),
    Course(
      testDescription: "a command without a reply",
      events: [.begin, done("a.1", "lights on"), .command(.completed(text: ""))],
      told: ["submit a.1 $SPEECH 8000 ''", "route 'lights on'", "end completed ''"]),
    Course(
      testDescription: "a partial transcript is told",
      events: [.begin, .streamed(id: "a.1", .text("light")), .settled(id: "a.1", .expired(stage: "x"))],
      told: ["submit a.1 $SPEECH 8000 ''", "partial 'light'", "end expired"]),
    Course(
      testDescription: "the first sentence is heard while the second is written",
      events: [
        .begin, done("a.1", "why"), .routed(realm: "$CHAT"), .streamed(id: "a.2", .text("It is so. And")),
        .streamed(id: "a.3", .text("one")), .streamed(id: "a.2", .text(" so on")),
        done("a.2", "It is so. And so on"), done("a.3", "one"), done("a.4", "two"),
      ],
      told: [
        "submit a.1 $SPEECH 8000 ''", "route 'why'", "submit a.2 $CHAT 60000 'why'",
        "submit a.3 $SPEAK 8000 'It is so.'", "play 'one'", "submit a.4 $SPEAK 10000 'And so on'",
        "play 'two'",
        "end completed 'It is so. And so on'",
      ]),
    Course(
      testDescription: "a second sentence that is ready earlier waits for the first",
      events: [
        .begin, done("a.1", "why"), .routed(realm: "$CHAT"), done("a.2", "One. Two. Three."),
        done("a.4", "two"), done("a.3", "one"), done("a.5", "three"),
      ],
      told: [
        "submit a.1 $SPEECH 8000 ''", "route 'why'", "submit a.2 $CHAT 60000 'why'",
        "submit a.3 $SPEAK 8000 'One.'", "submit a.4 $SPEAK 10000 'Two.'", "play 'one'", "play 'two'",
        "submit a.5 $SPEAK 10000 'Three.'", "play 'three'", "end completed 'One. Two. Three.'",
      ]),
    Course(
      testDescription: "speech interrupts",
      events: [
        .begin, done("a.1", "why"), .routed(realm: "$CHAT"), .streamed(id: "a.2", .text("It is so. ")),
        .cancelled(.bargeIn), done("a.3", "one"),
      ],
      told: [
        "submit a.1 $SPEECH 8000 ''", "route 'why'", "submit a.2 $CHAT 60000 'why'",
        "submit a.3 $SPEAK 8000 'It is so.'", "cancel a.2", "cancel a.3", "end rejected",
      ]),
    Course(
      testDescription: "a voice that fails",
      events: [
        .begin, done("a.1", "x"), .command(.completed(text: "Done.")),
        .settled(id: "a.2", .failed(reason: "no")),
      ],
      told: ["submit a.1 $SPEECH 8000 ''", "route 'x'", "submit a.2 $SPEAK 8000 'Done.'", "end failed"]),
    Course(
      testDescription: "an image", pipeline: .vision(rule: "seen", prompt: "What is there?"),
      events: [.begin, done("a.1", "A cat"), done("a.2", "sound")],
      told: [
        "submit a.1 $VISION 8000 'What is there?'", "fire seen 'A cat'", "submit a.2 $SPEAK 8000 'A cat'",
        "play 'sound'", "end completed 'A cat'",
      ]),
  ])
  func stagesOverlap(_ course: Course) {
    let request = RoutingTests.intent("")
    var run = PipelineRun(course.pipeline, request)
    let told = course.events.flatMap { run.handle($0, at: .zero) }
    #expect(told.map(Self.text) == course.told)
  }

  @Test func nothingHeardByTheDeadlineIsTooLate() {
    var run = PipelineRun(.voice, RoutingTests.intent(""))
    _ = run.handle(.begin, at: .zero)
    #expect(run.nextDeadline == Instant(milliseconds: 8000))
    #expect(run.handle(.tick, at: Instant(milliseconds: 7999)) == [])
    let told = run.handle(.tick, at: Instant(milliseconds: 8000))
    #expect(told.map(Self.text) == ["cancel a.1", "end expired"])
    #expect(run.nextDeadline == nil)
  }

  @Test(arguments: [
    (["One. Two"], ["One.", "Two"]), (["O", "ne.", " T", "wo!", "\n"], ["One.", "Two!"]),
    (
      ["It is 3.5 degrees. Dr. Who came at 5 p.m. today."],
      ["It is 3.5 degrees.", "Dr. Who came at 5 p.m.", "today."]
    ),
    (["So… yes? No! - "], ["So…", "yes?", "No!"]), (["  \n\n"], []),
    (["A. B. Smith is I. You?"], ["A. B. Smith is I.", "You?"]),
    (["* one\n* two\n"], ["* one", "* two"]),
    (["He said \"Yes.\" (I heard.) So?\"", " "], ["He said \"Yes.\"", "(I heard.)", "So?\""]),
    (["灯开了。门关", "了吗？「好。」是"], ["灯开了。", "门关了吗？", "「好。」", "是"]),
    (["बत्ती जली। दरवाज़ा बंद।"], ["बत्ती जली।", "दरवाज़ा बंद।"]), (["هل الباب مغلق؟ نعم."], ["هل الباب مغلق؟", "نعم."]),
    (["3.5 is a number, \"no.\"s and 。"], ["3.5 is a number, \"no.\"s and 。"]),
  ])
  func textBecomesSentences(_ pieces: [String], _ sentences: [String]) {
    var splitter = SentenceSplitter()
    var found = pieces.flatMap { splitter.add($0) }
    if let rest = splitter.finish() { found.append(rest) }
    #expect(found == sentences)
  }

  @Test func aSentenceWithoutEndIsCutAtASpace() {
    var splitter = SentenceSplitter()
    let sentences = splitter.add(String(repeating: "word ", count: 200))
    #expect(sentences.count == 3)
    #expect(sentences.allSatisfy { $0.count <= SentenceSplitter.lengthMax && $0.hasSuffix("word") })
  }

  @Test func aSentenceWithoutSpaceIsCutEvenBeforeItsEnd() {
    var splitter = SentenceSplitter()
    let word = String(repeating: "a", count: SentenceSplitter.lengthMax)
    #expect(splitter.add(word + ". Yes. " + word + " No.\n") == [word, "Yes.", word, "No."])
    #expect(splitter.add(word.dropLast() + ".\" Yes.\n") == [word.dropLast() + ".", "\" Yes."])
    #expect(splitter.add(word.dropLast(2) + ".\" Yes.\n") == [word.dropLast(2) + ".\"", "Yes."])
  }

  private static func text(_ action: PipelineRun.Action) -> String {
    switch action {
    case .submit(let intent):
      "submit \(intent.id) \(intent.realm) \(intent.deadline.nanoseconds / 1_000_000) "
        + "'\(intent.payload.text)'"
    case .cancel(let id, _): "cancel \(id)"
    case .partial(let text): "partial '\(text)'"
    case .route(let text): "route '\(text)'"
    case .fire(let rule, let text): "fire \(rule) '\(text)'"
    case .play(let payload): "play '\(payload.text)'"
    case .end(.completed(let completion)): "end completed '\(completion.payload.text)'"
    case .end(.failed): "end failed"
    case .end(.rejected): "end rejected"
    case .end(.expired): "end expired"
    }
  }
}
