// SPDX-License-Identifier: Apache-2.0
import Configuration
import DSP
import Loop
import Speech
import Time

/// A microphone of any kind whose frames are cleaned: noise suppression and automatic gain as the
/// settings have them. No allocation per frame.
///
/// This is the front end: an echo canceller would get each frame before the preprocessor, together
/// with the speaker's frame of the same time.
@LoopActor public final class CleanedMicrophone: Microphone {
  public var onFrame: (@LoopActor (UnsafeBufferPointer<Int16>, Instant) -> Void)?
  public var onEvent: (@LoopActor (AudioEvent) -> Void)? {
    get { source.onEvent }
    set { source.onEvent = newValue }
  }

  private let source: any Microphone
  private let preprocessor: Preprocessor
  private var frame = [Int16](repeating: 0, count: AudioFormat.frameSamples)

  /// The microphone itself when the settings ask for nothing.
  public static func around(_ source: any Microphone, _ settings: MicrophoneSettings) -> any Microphone {
    guard settings.noiseSuppressionDB < 0 || settings.automaticGain else { return source }
    return CleanedMicrophone(source, settings)
  }

  private init(_ source: any Microphone, _ settings: MicrophoneSettings) {
    self.source = source
    preprocessor = Preprocessor(
      rateHz: AudioFormat.rateHz, frameSamples: AudioFormat.frameSamples,
      noiseSuppressionDB: settings.noiseSuppressionDB, automaticGain: settings.automaticGain)
    source.onFrame = { [unowned self] in clean($0, $1) }
  }

  public func start() { source.start() }
  public func stop() { source.stop() }
  public func ended() async { await source.ended() }

  private func clean(_ samples: UnsafeBufferPointer<Int16>, _ at: Instant) {
    frame.withUnsafeMutableBufferPointer { frame in
      guard let base = frame.baseAddress, samples.count == frame.count else { return }
      _ = frame.update(fromContentsOf: samples)
      preprocessor.process(base)
      onFrame?(UnsafeBufferPointer(frame), at)
    }
  }
}
