// SPDX-License-Identifier: Apache-2.0
import Intents
import Loop
import Time

/// Executes what a `PipelineRun` decides: submits its steps and tells what comes of them.
@LoopActor final class PipelineDriver {
  /// A piece of text that is not spoken.
  var onPartial: (@LoopActor (String) -> Void)?
  /// A sentence is to be synthesised.
  var onSentence: (@LoopActor (String) -> Void)?
  /// Sound, in the order in which it is to be heard.
  var onSound: (@LoopActor (Payload) -> Void)?
  /// A rule is to hear of a text.
  var onFire: (@LoopActor (_ rule: String, _ text: String) -> Void)?
  /// Finds out what a text is for: a command, whose outcome it is, or a realm.
  var onRoute: (@LoopActor (String) async -> PipelineRun.Event)?

  private let orchestrator: Orchestrator
  private let loop = LoopActor.shared.loop
  private var run: PipelineRun
  private var events: [PipelineRun.Event] = []
  private var isHandling = false
  private var timer: TimerToken?
  private var outcome: Outcome?
  private var waiter: Waiter<Outcome>?

  init(_ pipeline: Pipeline, _ request: Intent, _ orchestrator: Orchestrator) {
    run = PipelineRun(pipeline, request)
    self.orchestrator = orchestrator
  }

  /// Runs it to its end; who is cancelled cancels it.
  func finish() async -> Outcome {
    handle(.begin)
    if let outcome { return outcome }
    do {
      return try await loop.wait(on: "an answer") { waiter = $0 }
    } catch {
      cancel(.clientGone)
      return outcome ?? .rejected(.cancelled(.clientGone))
    }
  }

  func cancel(_ cause: Cancellation) { handle(.cancelled(cause)) }

  private func handle(_ event: PipelineRun.Event) {
    events.append(event)
    if isHandling { return }
    isHandling = true
    while !events.isEmpty {
      for action in run.handle(events.removeFirst(), at: loop.now) { perform(action) }
    }
    isHandling = false
    setTimer()
  }

  private func perform(_ action: PipelineRun.Action) {
    switch action {
    case .submit(let intent):
      if intent.realm == Answers.speaking { onSentence?(intent.payload.text) }
      orchestrator.submit(
        intent, onPiece: { [weak self] in self?.handle(.streamed(id: intent.id, $0)) },
        done: { [weak self] in self?.handle(.settled(id: intent.id, $0)) })
    case .cancel(let id, let cause): orchestrator.cancel(id, cause)
    case .partial(let text): onPartial?(text)
    case .route(let text):
      LoopActor.spawn("routing") { [weak self] in
        guard let self else { return }
        let nobody = PipelineRun.Event.command(.rejected(reason: "nobody says where the text goes"))
        handle(await onRoute?(text) ?? nobody)
      }
    case .fire(let rule, let text): onFire?(rule, text)
    case .play(let payload): onSound?(payload)
    case .end(let outcome):
      self.outcome = outcome
      waiter.take()?.resume(returning: outcome)
    }
  }

  private func setTimer() {
    if let timer { loop.cancel(timer) }
    timer = run.nextDeadline.map { deadline in
      loop.at(deadline, name: "pipeline") { [weak self] in self?.handle(.tick) }
    }
  }
}
