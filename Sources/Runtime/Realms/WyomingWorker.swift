// SPDX-License-Identifier: Apache-2.0
import DSP
import Intents
import Loop
import Speech
import Time
import Workers
import Wyoming

/// A Wyoming service as a worker of realms: sound becomes text, text becomes speech.
///
/// Speech comes in pieces of samples (`Sound.pieceType`), and as a WAV file at its end.
@LoopActor public final class WyomingWorker: Worker {
  /// Of a spoken answer, kept for its end; a longer one fails.
  public nonisolated static let soundMaxBytes = 32 << 20

  public nonisolated let name: String
  let service: WyomingService
  private let voice: WyomingVoice?
  private let language: String?

  public init(_ service: WyomingService, voice: WyomingVoice? = nil, language: String? = nil) {
    name = service.name
    self.service = service
    self.voice = voice
    self.language = language
  }

  public func probe(until deadline: Instant) async -> ProbeResult {
    do throws(WorkerError) {
      let info = try await service.describe(until: deadline)
      let kinds = [WyomingInfo.Kind.asr, .tts].filter(info.offered.contains)
      if kinds.isEmpty {
        let offered = info.offered.map(\.rawValue).joined(separator: ", ")
        let what = offered.isEmpty ? "nothing" : "only \(offered)"
        return .dead(WorkerFailure(worker: name, .unsupported, "it offers \(what), neither asr nor tts"))
      }
      return .alive(Capabilities(models: kinds.flatMap { info[$0].flatMap(\.models) }.map(\.name)))
    } catch { return .dead(WorkerFailure(error)) }
  }

  public func call(_ request: WorkerRequest, _ events: @escaping WorkerEvent.Handler) -> any WorkerCall {
    let call = Call(events)
    let name = name
    let payload = request.intent.payload
    if let audio = payload.audio {
      call.flow = LoopActor.spawn("\(name): \(request.intent.id)") { [self] in
        await transcribe(audio, request.deadline, call)
      }
    } else if !payload.text.isEmpty {
      call.flow = LoopActor.spawn("\(name): \(request.intent.id)") { [self] in await speak(request, call) }
    } else {
      call.failSoon(WorkerFailure(worker: name, .unsupported, "there is neither sound nor text"))
    }
    return call
  }

  // MARK: Text to speech

  private func speak(_ request: WorkerRequest, _ call: Call) async {
    // What is known as a model of a service that speaks is a voice.
    let wanted = request.intent.model.flatMap {
      $0.hasPrefix("$") || $0 == name ? nil : WyomingVoice(name: $0)
    }
    let speech = TextToSpeechClient(service)
      .synthesize(request.intent.payload.text, voice: wanted ?? voice, until: request.deadline)
    var sound = Sound(rateHz: 0, channels: 0, samples: [])
    var isTooLong = false
    speech.onStart = { format in
      (sound.rateHz, sound.channels) = (format.rateHz, format.channels)
      call.tell(.started)
    }
    speech.onSamples = { [unowned speech] samples in
      guard (sound.samples.count + samples.count) * 2 <= Self.soundMaxBytes else {
        isTooLong = true
        return speech.cancel()
      }
      sound.samples += samples
      call.tell(.piece(Payload(media: [sound.piece(samples)])))
    }
    call.giveUp = { speech.cancel() }
    do throws(WorkerError) {
      try await speech.finished()
      call.end(.success(.audio(sound.wav)))
    } catch {
      let limit = "its speech has more than \(Self.soundMaxBytes >> 20) MiB"
      call.end(
        .failure(isTooLong ? WorkerFailure(worker: name, .malformed, limit) : WorkerFailure(error)))
    }
  }

  // MARK: Speech to text

  private func transcribe(_ audio: Payload.Media, _ deadline: Instant, _ call: Call) async {
    let samples: [Int16]
    do {
      samples = try Sound(audio).asCaptured()
    } catch { return call.end(.failure(WorkerFailure(worker: name, .unsupported, "\(error)"))) }
    let utterance = SpeechToTextClient(service).open(language: language, until: deadline)
    call.giveUp = { utterance.cancel() }
    // A second at a time: the loop serves others in between, the deadline holds.
    let step = AudioFormat.rateHz
    for start in stride(from: 0, to: samples.count, by: step) where !utterance.hasEnded {
      samples.withUnsafeBufferPointer {
        utterance.write(UnsafeBufferPointer(rebasing: $0[start..<min(start + step, samples.count)]))
      }
      await Task.yield()
    }
    do throws(WorkerError) {
      call.end(.success(.text(try await utterance.finish().text)))
    } catch { call.end(.failure(WorkerFailure(error))) }
  }

  /// Ends once; says nothing after it was given up.
  @LoopActor private final class Call: WorkerCall {
    private var events: WorkerEvent.Handler?
    var giveUp: (@LoopActor () -> Void)?
    var flow: Task<Void, any Error>?

    init(_ events: @escaping WorkerEvent.Handler) { self.events = events }

    func cancel() {
      events = nil
      giveUp?()
      giveUp = nil
      flow?.cancel()
    }

    func tell(_ event: WorkerEvent) { events?(event) }

    func end(_ result: Result<Payload, WorkerFailure>) {
      giveUp = nil
      let events = self.events.take()
      events?(.ended(result))
    }

    func failSoon(_ failure: WorkerFailure) {
      LoopActor.shared.loop.post { [self] in end(.failure(failure)) }
    }
  }
}

extension WorkerFailure {
  /// What an exchange with a Wyoming service ended with.
  init(_ error: WorkerError) {
    let kind: Kind
    switch error.reason {
    case .unreachable: kind = .unreachable
    case .busy: kind = .busy
    case .expired: kind = .timeout
    case .closed, .tooSlow, .cancelled: kind = .broken
    case .malformed: kind = .malformed
    case .refused: kind = .broken
    case .unsupported: kind = .unsupported
    }
    self.init(worker: error.worker, kind, "\(error.stage.rawValue): \(error.text)")
  }
}
