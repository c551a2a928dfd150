// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@testable import Runtime

struct WorkerExaminationTests {
  typealias Call = WorkerExamination.Call

  static func call(_ firstMS: Double?, _ endMS: Double) -> Call {
    Call(result: "answered", firstMS: firstMS, endMS: endMS, isAnswered: true)
  }

  @Test(arguments: [
    // Streams of different lengths: the second begins when the first has ended, or before.
    (call(4, 400), [call(2, 190), call(191, 219)], true),
    (call(4, 400), [call(2, 190), call(5, 700)], false),
    // Streams of one word.
    (call(100, 100), [call(101, 101), call(201, 201)], true),
    (call(100, 100), [call(101, 101), call(102, 102)], false),
    // In one piece.
    (call(nil, 100), [call(nil, 110), call(nil, 205)], true),
    (call(nil, 3100), [call(nil, 468), call(nil, 792)], true),
    (call(nil, 100), [call(nil, 120), call(nil, 130)], false),
  ])
  func itTellsWhetherCallsWaitedForEachOther(alone: Call, together: [Call], inTurn: Bool) {
    #expect(WorkerExamination.areInTurn(together, alone: alone) == inTurn)
  }

  /// What is asked for in turn: a list of models, a prediction, a transcription, a sign of life. The
  /// answers in the third row are those of whisper.cpp.
  @Test(
    arguments: [
      ("200", .init(kind: .openai)),
      ("404 400", .init(kind: .rentahal)),
      ("404 404 400", .init(kind: .openai, task: .transcribe)),
      ("404 404 404 200", .init(kind: .openai)),
      ("cut", nil),
    ] as [(String, WorkerExamination.Identity?)])
  func whatSpeaksThereIsFoundOut(answers: String, identity: WorkerExamination.Identity?) async throws {
    let receiver = try Receiver(status: answers)
    let found = try await onLoop { try await WorkerExamination.identify(receiver.url) }
    #expect(found == identity)
  }

  @Test func someAddressesTellWhatTheyAre() async throws {
    let found = try await onLoop {
      [
        try await WorkerExamination.identify("tcp://127.0.0.1:1"),
        try await WorkerExamination.identify("https://api.anthropic.com"),
      ]
    }
    #expect(found == [.init(kind: .wyoming, task: .speak), .init(kind: .anthropic, task: .chat)])
  }
}
