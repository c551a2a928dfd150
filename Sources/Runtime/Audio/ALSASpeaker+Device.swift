// SPDX-License-Identifier: Apache-2.0
import ALSA
import Loop
import Time

/// Opening, silencing, waiting for and closing the device.
extension ALSASpeaker {
  func open() {
    cancelTimer()
    unwatch()
    let old = pcm.take()
    openedFor = nil
    isAway = true
    let device = device
    let wish = wish
    let settings = settings
    let accepted = queue.run {
      old?.close()
      return Result { () throws(ALSAError) in try PCM.open(device, .playback, wish) }
        .map { (pcm: $0, note: Self.setVolume(device, settings.mixer, settings.volumePercent)) }
    } then: { [weak self] result in
      guard let self else { return }
      self.isAway = false
      switch result {
      case .success(let opened): self.opened(opened.pcm, for: wish, opened.note)
      case .failure(let error): self.refused(error)
      }
      self.work()
    }
    if !accepted {
      isAway = false
      end(false)
    }
  }

  private func opened(_ pcm: PCM, for wish: PCMWish, _ note: String) {
    self.pcm = pcm
    openedFor = wish
    isDirty = false
    tell(.opened(pcm.parameters.description + note))
  }

  private func refused(_ error: ALSAError) {
    end(false)
    // That an unplugged device is not there has been told.
    let isUnplugged = error.kind == .notFound || error.kind == .disconnected
    if !(told == .unplugged && isUnplugged) { tell(.unavailable(error.text)) }
  }

  /// What to add to the report of the opened device; a volume that cannot be set is no reason to be silent.
  private nonisolated static func setVolume(_ device: String, _ element: String?, _ percent: Int?) -> String {
    guard let element, let percent else { return "" }
    do throws(ALSAError) {
      let mixer = try Mixer.open(for: device)
      try mixer.setVolume(percent, of: element)
      // Many cards start muted. Not every element has a switch.
      try? mixer.setMuted(percent == 0, of: element)
      return "; \(element) at \(percent) %"
    } catch {
      return "; volume not set: \(error)"
    }
  }

  /// Stops the sound at once and makes the device ready for the next stream.
  func silence() {
    isDirty = false
    unwatch()
    onDevice { pcm in
      pcm.drop()
      return pcm.prepare()
    } then: { speaker, isReady in
      isReady ? speaker.work() : speaker.lost()
    }
  }

  func revive(_ pcm: PCM) {
    unwatch()
    onDevice {
      $0.resume()
    } then: { speaker, result in
      switch result {
      case nil: speaker.setTimer(.milliseconds(100), "speaker resume") { $0.work() }
      case true?:
        speaker.tell(.resumed)
        speaker.work()
      case false?: speaker.lost()
      }
    }
    tell(.suspended)
  }

  /// Lends the device to the queue for something that may block.
  func onDevice<Result: Sendable>(
    _ body: @escaping @Sendable (PCM) -> Result,
    then next: @escaping @LoopActor (ALSASpeaker, Result) -> Void
  ) {
    guard let pcm, !isAway else { return }
    isAway = true
    let accepted = queue.run {
      body(pcm)
    } then: { [weak self] result in
      guard let self else { return }
      self.isAway = false
      next(self, result)
    }
    if !accepted {
      isAway = false
      lost()
    }
  }

  /// The device has gone away.
  func lost() {
    close()
    end(false)
    tell(.unplugged)
  }

  func close() {
    unwatch()
    cancelTimer()
    isDirty = false
    openedFor = nil
    guard let pcm = pcm.take() else { return }
    if !queue.run({ pcm.close() }, then: {}) { pcm.close() }
  }

  func closeLater() {
    guard pcm != nil, timer == nil else { return }
    setTimer(keepOpen, "speaker close") { speaker in
      if speaker.phase == .idle, !speaker.isAway { speaker.close() }
    }
  }

  // MARK: Waiting

  func watch(_ pcm: PCM) throws {
    if timer == nil { setTimer(Self.stallLimit, "speaker watchdog") { $0.lost() } }
    guard tokens.isEmpty else { return }
    for (index, descriptor) in pcm.descriptors.enumerated() {
      let interest = Interest(rawValue: descriptor.events)
      tokens.append(
        try loop.watch(descriptor.fd, interest, name: "speaker") { [weak self] events in
          self?.ready(index, events)
        })
    }
  }

  private func ready(_ index: Int, _ events: Interest) {
    guard let pcm, !isAway else { return unwatch() }
    switch pcm.readiness(index, events.rawValue) {
    case .notYet: return
    case .ready: work()
    case .failed:
      // A descriptor in error stays ready for ever: without an xrun to recover from, it is gone.
      pcm.state == .xrun || pcm.state == .suspended ? work() : lost()
    }
  }

  func unwatch() {
    for token in tokens { loop.unwatch(token) }
    tokens.removeAll(keepingCapacity: true)
  }

  func setTimer(
    _ duration: Duration, _ name: StaticString, _ body: @escaping @LoopActor (ALSASpeaker) -> Void
  ) {
    cancelTimer()
    timer = loop.after(duration, name: name) { [weak self] in
      guard let self else { return }
      self.timer = nil
      body(self)
    }
  }

  func cancelTimer() {
    if let timer = timer.take() { loop.cancel(timer) }
  }

  /// Tells a state once, however often it is entered again.
  func tell(_ event: AudioEvent) {
    guard event != told else { return }
    told = event
    onEvent?(event)
  }
}
