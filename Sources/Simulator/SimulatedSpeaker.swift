// SPDX-License-Identifier: Apache-2.0
import Loop
import Runtime
import Time

/// A loudspeaker that plays in simulated time, and may be unplugged.
@LoopActor final class SimulatedSpeaker: Speaker {
  var onEvent: (@LoopActor (AudioEvent) -> Void)?
  var onFirstSample: (@LoopActor (Instant) -> Void)?

  private let loop = LoopActor.shared.loop
  private let record: @LoopActor (WorldEvent) -> Void
  private let sabotage: Sabotage?
  private var random: SeededGenerator
  private var isPlugged = true
  private var stream: Stream?

  init(
    random: SeededGenerator, sabotage: Sabotage?, record: @escaping @LoopActor (WorldEvent) -> Void
  ) {
    self.random = random
    self.sabotage = sabotage
    self.record = record
  }

  func begin(rateHz: Int, channels: Int) {
    end(false)
    stream = Stream(samplesPerSecond: max(1, rateHz * channels))
    record(.speaker(.begin))
    if !isPlugged {
      onEvent?(.unavailable("speaker 'sim' is not there. Plug it in"))
      end(false)
    }
  }

  func write(_ samples: UnsafeBufferPointer<Int16>) {
    guard stream != nil else { return }
    stream?.samples += samples.count
    guard stream?.first == nil, stream?.timer == nil else { return }
    stream?.timer = loop.after(random.milliseconds(1...60), name: "simulated speaker") { [unowned self] in
      first()
    }
  }

  func finish(_ done: @escaping @LoopActor (Bool) -> Void) {
    guard stream != nil else { return loop.post { done(false) } }
    record(.speaker(.finish))
    stream?.done = done
    if stream?.first != nil || stream?.samples == 0 { playOut() }
  }

  func stop() { end(false) }

  func unplug() {
    guard isPlugged else { return }
    isPlugged = false
    if stream != nil { onEvent?(.unplugged) }
    end(false)
  }

  func plug() { isPlugged = true }

  private func first() {
    stream?.first = loop.now
    stream?.timer = nil
    record(.speaker(.first))
    onFirstSample?(loop.now)
    if stream?.done != nil { playOut() }
  }

  private func playOut() {
    guard let stream, sabotage != .endlessReply else { return }
    let length = Duration.nanoseconds(Int64(stream.samples) * 1_000_000_000 / Int64(stream.samplesPerSecond))
    let end = (stream.first ?? loop.now) + length
    self.stream?.timer = loop.at(end, name: "simulated speaker") { [unowned self] in self.end(true) }
  }

  private func end(_ wasHeard: Bool) {
    guard let stream = stream.take() else { return }
    if let timer = stream.timer { loop.cancel(timer) }
    if sabotage == .endlessReply { return }
    record(.speaker(wasHeard ? .heard : .cutOff))
    if let done = stream.done { loop.post { done(wasHeard) } }
  }

  private struct Stream {
    let samplesPerSecond: Int
    var samples = 0
    var first: Instant?
    var timer: TimerToken?
    var done: (@LoopActor (Bool) -> Void)?
  }
}
