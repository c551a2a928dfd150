// SPDX-License-Identifier: Apache-2.0
import Loop
import Speech
import Time

/// A microphone that hears a WAV or raw file in real time, then tells `.ended` and hears silence.
@LoopActor public final class FileMicrophone: Microphone {
  public var onFrame: (@LoopActor (UnsafeBufferPointer<Int16>, Instant) -> Void)?
  public var onEvent: (@LoopActor (AudioEvent) -> Void)?

  private let path: String
  private let loop = LoopActor.shared.loop
  private let queue = BlockingQueue("microphone-file", backlogMax: 2)
  private let silence = [Int16](repeating: 0, count: AudioFormat.frameSamples)

  private var attempt = 0
  private var isStarted = false
  private var samples: [Int16] = []
  private var position = 0
  private var deadline = Instant.zero
  private var timer: TimerToken?
  private var backoff = Backoff()
  private var told: String?
  private lazy var tick: @LoopActor () -> Void = { [weak self] in self?.deliver() }

  public init(path: String) { self.path = path }

  public func start() {
    guard !isStarted else { return }
    isStarted = true
    load()
  }

  public func stop() {
    isStarted = false
    attempt += 1
    if let timer { loop.cancel(timer) }
    timer = nil
    samples = []
  }

  private func load() {
    attempt += 1
    let attempt = attempt
    let path = path
    let accepted = queue.run {
      Result { try SoundFile.load(path).asCaptured() }
    } then: { [weak self] result in
      guard let self, self.attempt == attempt else { return }
      switch result {
      case .success(let samples): self.begin(samples)
      case .failure(let error): self.refused("microphone file \(error)")
      }
    }
    if !accepted { refused("microphone file \(path): its queue is full") }
  }

  private func refused(_ text: String) {
    if told != text { onEvent?(.unavailable(text)) }
    told = text
    timer = loop.after(backoff.next(using: &loop.random), name: "microphone file retry") { [weak self] in
      self?.load()
    }
  }

  private func begin(_ samples: [Int16]) {
    // Whole frames: the last one is filled with silence.
    let excess = samples.count % AudioFormat.frameSamples
    let missing = excess == 0 ? 0 : AudioFormat.frameSamples - excess
    self.samples = samples + repeatElement(0, count: missing)
    position = 0
    told = nil
    backoff.reset()
    deadline = loop.now + AudioFormat.frameDuration
    onEvent?(.opened("\(path): \(samples.count / AudioFormat.rateHz) s, 16000 Hz, 1 channel"))
    timer = loop.at(deadline, name: "microphone file", tick)
  }

  /// One frame per 20 ms of absolute time: what a late turn missed is made up for at once.
  private func deliver() {
    let samples = samples  // held here: the receiver may call `stop`
    if position < samples.count {
      samples.withUnsafeBufferPointer {
        let frame = $0[position..<position + AudioFormat.frameSamples]
        onFrame?(UnsafeBufferPointer(rebasing: frame), deadline)
      }
    } else {
      silence.withUnsafeBufferPointer { onFrame?($0, deadline) }
    }
    guard isStarted else { return }
    position += AudioFormat.frameSamples
    if position == samples.count { onEvent?(.ended) }
    guard isStarted else { return }
    deadline = deadline + AudioFormat.frameDuration
    timer = loop.at(deadline, name: "microphone file", tick)
  }
}
