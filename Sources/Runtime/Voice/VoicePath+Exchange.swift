// SPDX-License-Identifier: Apache-2.0
import Intents
import Loop
import Time
import Workers

extension VoicePath {
  /// From the end of speech to the outcome; ends by the exchange's deadline, whatever a worker does.
  func conclude(_ stream: SpeechToTextClient.Utterance, _ exchange: Exchange) async {
    do throws(WorkerError) {
      stream.setDeadline(exchange.deadline)
      let transcript = try await stream.finish()
      let said = transcript.text.isEmpty ? "(nothing that I know)" : transcript.text
      timeline.emit(exchange.entry(.transcript, said, isSpoken: true))
      let intent = Intent(
        id: "utterance-\(exchange.id ?? 0)", realm: "$COMMAND", payload: .text(transcript.text),
        deadline: exchange.deadline, origin: .device)
      settle(await commands.perform(intent, exchange), exchange)
    } catch {
      settle(.failed(reason: "\(error)"), exchange)
    }
  }

  /// What did not work out is heard as a short sound and said in the log with its stage.
  private func settle(_ outcome: Outcome, _ exchange: Exchange) {
    if let id = exchange.id { onOutcome?(id, outcome) }
    let reason: String
    switch outcome {
    case .completed: return
    case .failed(let why, _): reason = why
    case .rejected(let refusal): reason = "\(refusal)"
    case .expired(let stage): reason = "too late: \(stage)"
    }
    timeline.emit(exchange.entry(.failure, reason))
    replies.cue(.failure)
  }
}
