// SPDX-License-Identifier: Apache-2.0
import DSP
import Posix
import Wyoming

/// Takes a peer's audio of any rate and channel count on the loop and hands it, as 16 kHz mono, to
/// a queue. Bounded by the caller, who stops reading from the peer while `isFull`.
final class AudioInput: Sendable {
  /// Two seconds: above it the peer is made to wait.
  static let samplesMax = 32_000

  private struct State {
    var samples: [Int16] = []
    var isDraining = false
  }

  private let state = Locked(State())

  var isFull: Bool { state.withLock { $0.samples.count > Self.samplesMax } }

  /// Appends samples; true when a drain has to be submitted.
  func append(_ samples: UnsafeBufferPointer<Int16>) -> Bool {
    state.withLock {
      $0.samples.append(contentsOf: samples)
      let isNeeded = !$0.isDraining && !$0.samples.isEmpty
      if isNeeded { $0.isDraining = true }
      return isNeeded
    }
  }

  /// Exchanges what has come for `spare`, so that neither side allocates in the long run.
  func take(into spare: inout [Int16]) {
    spare.removeAll(keepingCapacity: true)
    state.withLock {
      swap(&spare, &$0.samples)
      $0.isDraining = false
    }
  }

  /// Forgets what has come, and a drain that never ran: the next samples ask for one.
  func clear() {
    state.withLock {
      $0.samples.removeAll(keepingCapacity: true)
      $0.isDraining = false
    }
  }
}

/// Turns a peer's format into 16 kHz mono. One stream at a time.
struct SpeechConverter: ~Copyable {
  private var format = WyomingAudioFormat.speech
  private var resampler: Resampler?
  private var mono: [Int16] = []
  private var output = [Int16](repeating: 0, count: 4096)

  init() {}

  /// Calls `body` with what `samples` become, in pieces, borrowed for the call.
  /// - Throws: `DSPError` for a format that cannot be converted.
  mutating func convert(
    _ samples: UnsafeBufferPointer<Int16>, _ format: WyomingAudioFormat,
    _ body: (UnsafeBufferPointer<Int16>) -> Void
  ) throws(DSPError) {
    if format == .speech { return body(samples) }
    if format != self.format { try prepare(format) }
    mix(samples, channels: format.channels)
    guard resampler != nil else { return mono.withUnsafeBufferPointer(body) }
    var used = 0
    while used < mono.count {
      let (consumed, produced) = mono.withUnsafeBufferPointer { input in
        output.withUnsafeMutableBufferPointer {
          resampler!.process(UnsafeBufferPointer(rebasing: input[used...]), into: $0)
        }
      }
      output.withUnsafeBufferPointer { body(UnsafeBufferPointer(rebasing: $0[..<produced])) }
      if consumed == 0 && produced == 0 { return }
      used += consumed
    }
  }

  private mutating func prepare(_ format: WyomingAudioFormat) throws(DSPError) {
    let rate = WyomingAudioFormat.speech.rateHz
    resampler = format.rateHz == rate ? nil : try Resampler(fromHz: format.rateHz, toHz: rate)
    self.format = format
  }

  /// The mean of the channels.
  private mutating func mix(_ samples: UnsafeBufferPointer<Int16>, channels: Int) {
    mono.removeAll(keepingCapacity: true)
    for frame in 0..<samples.count / channels {
      var sum = 0
      for channel in 0..<channels { sum += Int(samples[frame * channels + channel]) }
      mono.append(Int16(clamping: sum / channels))
    }
  }
}
