// SPDX-License-Identifier: Apache-2.0
import Log
import Loop
import Speech
import Time
import Wyoming
import WyomingTransport

/// A wake word was heard.
public struct WakeDetection: Sendable, Equatable {
  public var name: String?
  /// Where in the microphone's stream, by the service's timestamp; nil when it gives none or one
  /// that cannot be.
  public var position: SamplePosition?

  public init(name: String?, position: SamplePosition? = nil) {
    self.name = name
    self.position = position
  }
}

/// Wake word detection by a Wyoming service on the always-on stream.
///
/// Live audio is never queued: what cannot go out now is lost, so that a detection is never late
/// by more than the stream's audio backlog.
@LoopActor public final class WakeClient {
  /// A detection older than that is not believed to be where its timestamp says.
  public nonisolated static let plausibleAge: Duration = .seconds(10)

  public let connection: WyomingConnection
  /// Wake words by the service's names; empty: all that it knows.
  public let names: [String]
  public var onDetection: (@LoopActor (WakeDetection) -> Void)?

  private let log = Logger("wake")
  private var samplesSent: Int64 = 0
  /// Position of the sample that follows what was sent, and what the service counts from.
  private var nextPosition: SamplePosition = 0
  private var origin: SamplePosition?

  public init(
    _ service: WyomingService, names: [String] = [],
    timing: WyomingConnection.Timing = WyomingConnection.Timing()
  ) {
    self.names = names
    connection = WyomingConnection(service, for: .wake, timing: timing)
    connection.onOpen = { [weak self] in self?.begin($0) }
    connection.onEvent = { [weak self] in self?.receive($0) }
  }

  public func start() { connection.start() }
  public func stop() { connection.stop() }

  /// Sends 16 kHz mono samples, borrowed; the first of them is the `position`th of the stream.
  /// No allocation.
  public func write(_ samples: UnsafeBufferPointer<Int16>, at position: SamplePosition) {
    guard let stream = connection.stream else { return }
    let audio = WyomingAudio(.speech, timestamp: samplesSent / Self.samplesPerMillisecond)
    guard stream.sendAudio(audio, samples) else { return tellLoss() }
    // Lost samples move the origin: the service counts only what it was sent.
    origin = position - samplesSent
    samplesSent += Int64(samples.count)
    nextPosition = position + SamplePosition(samples.count)
  }

  private func begin(_ stream: WyomingStream) {
    (samplesSent, origin) = (0, nil)
    stream.send(.detect(names: names.isEmpty ? nil : names))
    stream.send(.audioStart(WyomingAudio(.speech, timestamp: 0)))
    stream.onDrain = { [weak self] in self?.tellRecovery() }
  }

  private func receive(_ event: WyomingEvent) {
    guard case .detection(let name, let timestamp, _) = event else { return }
    onDetection?(WakeDetection(name: name, position: timestamp.flatMap(position)))
  }

  private func position(atMilliseconds timestamp: Int64) -> SamplePosition? {
    guard let origin, timestamp >= 0, timestamp <= samplesSent / Self.samplesPerMillisecond + 1
    else { return nil }
    let position = min(nextPosition, origin + timestamp * Self.samplesPerMillisecond)
    let ageMax = SamplePosition(Self.plausibleAge.milliseconds) * Self.samplesPerMillisecond
    return nextPosition - position <= ageMax ? position : nil
  }

  private func tellLoss() {
    let name = connection.service.name
    log.once("slow", "worker '\(name)' does not keep up: audio for the wake word is lost")
  }

  private func tellRecovery() {
    if log.settle("slow") { log.notice("worker '\(connection.service.name)' keeps up again") }
  }

  private static let samplesPerMillisecond = Int64(WyomingAudioFormat.speech.rateHz / 1000)
}
