// SPDX-License-Identifier: Apache-2.0
import Loop
import Posix
import Time
import Wyoming

/// One established connection: bytes of a socket on one side, events and audio on the other.
///
/// Lives until `close()`, `finish()` or the peer's end. Handlers run on the loop, never inside a
/// call to the stream. No allocation per audio chunk, in either direction.
@LoopActor public final class WyomingStream {
  public typealias AudioHandler = @LoopActor (WyomingAudio, UnsafeBufferPointer<Int16>) -> Void

  /// Samples handed to `onAudio` at once at most; a longer chunk comes in pieces.
  public nonisolated static let audioPieceSamples = 8192
  /// Bytes taken from the kernel at once, shared by all streams.
  nonisolated static let readBytes = 16 << 10

  public let limits: WyomingStreamLimits
  /// Every event but audio chunks.
  public var onEvent: (@LoopActor (WyomingEvent) -> Void)?
  /// A chunk of 16-bit audio, borrowed until the call returns. Other widths end the stream.
  public var onAudio: AudioHandler?
  /// Called once when the stream ends by itself, not for `close()`.
  public var onClose: (@LoopActor (WyomingClosing) -> Void)?
  /// Called when everything has gone out after `sendAudio` had refused some.
  public var onDrain: (@LoopActor () -> Void)?

  public private(set) var isOpen = true
  /// When something last came from the peer.
  public private(set) var lastReceived: Instant
  /// Chunks that `sendAudio` refused.
  public private(set) var refusedChunks: UInt64 = 0

  private var decoder: WyomingDecoder
  private var outgoing: WyomingOutgoing
  private var descriptor: FileDescriptor?
  private let raw: Int32
  private var token: WatchToken?
  private var watched: Interest = .read
  private var timer: TimerToken?
  private var phase = Phase.running
  private var isReadingPaused = false
  private var hasRefused = false
  /// Called once when the socket is given back, however that came.
  var onRelease: (@LoopActor () -> Void)?
  private var loop: EventLoop { LoopActor.shared.loop }

  private enum Phase { case running, flushing, halfClosed }

  /// Takes over a connected, non-blocking socket.
  /// - Throws: `SystemError` when the loop cannot watch it.
  public init(
    _ descriptor: consuming FileDescriptor, limits: WyomingStreamLimits = WyomingStreamLimits()
  ) throws(SystemError) {
    raw = descriptor.raw
    self.descriptor = consume descriptor
    self.limits = limits
    decoder = WyomingDecoder(limits: limits.messages)
    outgoing = WyomingOutgoing()
    lastReceived = LoopActor.shared.loop.now
    token = try loop.watch(raw, .read, name: "wyoming") { self.handle($0) }
    if let idleTimeout = limits.idleTimeout { endWhenIdle(idleTimeout) }
  }

  // MARK: Sending

  /// Bytes that the kernel has not taken yet.
  public var backlogBytes: Int { outgoing.count }

  /// Sends now, or as soon as the peer reads. Past `backlogMaxBytes` the stream ends.
  public func send(_ event: WyomingEvent) {
    guard isOpen, phase == .running else { return }
    outgoing.append(event)
    flush()
    if outgoing.count > limits.backlogMaxBytes {
      end(.peerTooSlow(backlogBytes: outgoing.count))
    }
  }

  /// Sends what was encoded before there was a connection.
  public func send(_ waiting: WyomingOutgoing) {
    guard isOpen, phase == .running else { return }
    outgoing.append(waiting)
    flush()
  }

  /// Sends a chunk of audio.
  /// - Returns: false when it was refused: the stream has ended, or `audioBacklogMaxBytes` are
  ///   waiting already. `onDrain` tells when there is room again.
  @discardableResult
  public func sendAudio(_ audio: WyomingAudio, _ samples: UnsafeBufferPointer<Int16>) -> Bool {
    guard isOpen, phase == .running else { return false }
    if outgoing.count > limits.audioBacklogMaxBytes {
      refusedChunks += 1
      hasRefused = true
      return false
    }
    outgoing.append(audio, UnsafeRawBufferPointer(samples))
    flush()
    return true
  }

  // MARK: Ending

  /// Closes at once; what was not sent is lost. No handler is called any more.
  public func close() {
    guard isOpen else { return }
    release()
    forgetHandlers()
  }

  /// Sends what is waiting, closes our half and waits for the peer to close its own, at most for
  /// `limit`. What still comes is ignored; `onClose` is called at the end.
  public func finish(within limit: Duration = .seconds(2)) {
    guard isOpen, phase == .running else { return }
    phase = .flushing
    (onEvent, onAudio, onDrain) = (nil, nil, nil)
    resumeReading()
    if let timer { loop.cancel(timer) }
    timer = loop.after(limit, name: "wyoming finish") { self.end(.peerClosed) }
    flush()
  }

  // MARK: Receiving

  /// Stops taking from the peer until `resumeReading`: what comes fast waits on its side. The rest
  /// of a chunk being delivered still comes.
  public func pauseReading() {
    isReadingPaused = true
    updateInterest()
  }

  public func resumeReading() {
    guard isOpen, isReadingPaused else { return }
    isReadingPaused = false
    if token == nil {
      do throws(SystemError) {
        token = try loop.watch(raw, watched, name: "wyoming") { self.handle($0) }
      } catch { end(.failed(error.description)) }
    }
    updateInterest()
    loop.post { self.deliver() }
  }

  private func handle(_ ready: Interest) {
    if ready.contains(.write) { flush() }
    if ready.isDisjoint(with: Self.readable) { return }
    if !isReadingPaused { return receive() }
    if !ready.isDisjoint(with: [.hangup, .error]) { stopWatching() }
  }

  /// A hang-up is reported again and again, asked for or not: what is left to read can wait.
  private func stopWatching() {
    if let token { loop.unwatch(token) }
    token = nil
  }

  private func receive() {
    guard isOpen else { return }
    switch SocketIO.receive(raw, into: Self.scratch) {
    case .moved(0): end(.peerClosed)
    case .moved(let count):
      lastReceived = loop.now
      if phase != .running { return }
      decoder.append(UnsafeRawBufferPointer(start: Self.scratch.baseAddress, count: count))
      deliver()
    case .blocked: break
    case .failed(let reason): end(.failed(reason))
    }
  }

  private func deliver() {
    do throws(WyomingError) {
      while isOpen, phase == .running, !isReadingPaused, let element = try decoder.next() {
        switch element {
        case .frame(let frame): onEvent?(try WyomingEvent(frame))
        case .audio(let audio, let count): try deliver(audio, count)
        }
      }
    } catch { end(.malformed(error)) }
  }

  private func deliver(_ audio: WyomingAudio, _ count: Int) throws(WyomingError) {
    guard audio.format.width == 2 else {
      throw .dataMalformed(
        type: "audio-chunk", "samples of \(audio.format.width) bytes, only 2 are understood")
    }
    // Whole frames, or the channels would change places in the next piece.
    let room = Self.audioPieceSamples / audio.format.channels * audio.format.channels
    let piece = UnsafeMutableRawBufferPointer(start: Self.samples.baseAddress, count: 2 * room)
    var offset = 0
    while offset + 1 < count, isOpen {
      let copied = decoder.copyPayload(from: offset, into: piece)
      offset += copied
      onAudio?(audio, UnsafeBufferPointer(start: Self.samples.baseAddress, count: copied / 2))
    }
  }

  // MARK: Moving bytes

  private func flush() {
    while isOpen, outgoing.count > 0 {
      switch outgoing.send(to: raw) {
      case .moved: continue
      case .blocked: return updateInterest()
      case .failed(let reason): return end(.failed(reason))
      }
    }
    guard isOpen else { return }
    if phase == .flushing {
      phase = .halfClosed
      SocketIO.shutDownWriting(raw)
    }
    updateInterest()
    if hasRefused {
      hasRefused = false
      if let onDrain { loop.post(onDrain) }
    }
  }

  private func updateInterest() {
    guard let token else { return }
    var interest: Interest = isReadingPaused ? [] : .read
    if outgoing.count > 0 { interest.insert(.write) }
    if interest == watched { return }
    watched = interest
    loop.modify(token, interest)
  }

  private func end(_ closing: WyomingClosing) {
    guard isOpen else { return }
    release()
    loop.post {
      let onClose = self.onClose
      self.forgetHandlers()
      onClose?(closing)
    }
  }

  /// Gives the socket back; the order matters: first the watch, then the descriptor.
  private func release() {
    isOpen = false
    if let timer { loop.cancel(timer) }
    stopWatching()
    descriptor = nil
    outgoing = WyomingOutgoing()
    onRelease?()
    onRelease = nil
  }

  private func endWhenIdle(_ timeout: Duration) {
    timer = loop.at(lastReceived + timeout, name: "wyoming idle") { [weak self] in
      guard let self, isOpen else { return }
      loop.now - lastReceived >= timeout ? end(.idle) : endWhenIdle(timeout)
    }
  }

  private func forgetHandlers() {
    (onEvent, onAudio, onClose, onDrain) = (nil, nil, nil, nil)
  }

  private static let readable: Interest = [.read, .hangup, .error]

  // One set for all streams: they are used within one call on the one loop.
  private static let scratch = UnsafeMutableRawBufferPointer.allocate(
    byteCount: readBytes, alignment: 16)
  private static let samples = UnsafeMutableBufferPointer<Int16>.allocate(
    capacity: audioPieceSamples)
}
