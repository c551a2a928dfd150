// SPDX-License-Identifier: Apache-2.0
import Automation
import Loop
import Time

/// Where audio comes from. Real: ALSA, a file, a program. Simulated: a scripted one.
@LoopActor public protocol Microphone: AnyObject {
  /// Called with each frame: 16 kHz mono S16, 320 samples, borrowed until the call returns.
  /// The instant is when its last sample was captured.
  var onFrame: (@LoopActor (UnsafeBufferPointer<Int16>, Instant) -> Void)? { get set }
  var onEvent: (@LoopActor (AudioEvent) -> Void)? { get set }

  /// Opens and captures until `stop()`. Never throws: what goes wrong is an event, and a device
  /// that is away or busy is tried again with backoff.
  func start()
  func stop()
  /// Returns, after `stop()`, when nothing of it is left in the system.
  func ended() async
}

extension Microphone {
  public func ended() async {}
}

/// Where sound goes: one stream at a time.
@LoopActor public protocol Speaker: AnyObject {
  var onEvent: (@LoopActor (AudioEvent) -> Void)? { get set }

  /// Begins a stream of S16_LE in the source's own format; ends one that is playing.
  func begin(rateHz: Int, channels: Int)
  /// Appends interleaved S16 samples; kept in a bounded queue (newest refused, counted) until played.
  func write(_ samples: UnsafeBufferPointer<Int16>)
  /// No more samples will come; `done` is called when the last has been heard (true), or when the
  /// stream was stopped or the device was lost (false).
  func finish(_ done: @escaping @LoopActor (Bool) -> Void)
  /// Silences at once (barge-in).
  func stop()
  /// Called when the first sample of a stream goes to the device.
  var onFirstSample: (@LoopActor (Instant) -> Void)? { get set }
}

/// Expected states of a sound device, reported once each.
public enum AudioEvent: Sendable, Equatable {
  /// Running; the text holds the negotiated parameters for people.
  case opened(String)
  /// Frames were lost (capture) or a gap was heard (playback); `total` since start.
  case xrun(total: Int)
  case suspended
  case resumed
  case unplugged
  /// Not to be had now; tried again. The text says what, where, what to do.
  case unavailable(String)
  /// A file or program has no more audio.
  case ended
}

/// GPIO lines by their configured names. Real: libgpiod, sysfs LEDs. Simulated: scripted.
@LoopActor public protocol Lines: AnyObject {
  /// Called for each debounced edge, in order, with the level after it.
  var onEdge: (@LoopActor (LineEdge) -> Void)? { get set }
  /// Called once for each state worth telling: line busy, chip away or back, edges lost.
  var onEvent: (@LoopActor (String) -> Void)? { get set }

  /// Requests every line of the settings; what cannot be had is told and tried again. Called again, it
  /// gives back what the settings no longer have, takes what is new, and touches no line that stays.
  func start(_ lines: [LineSettings])
  /// Sets an output. Unknown or unavailable lines return false.
  @discardableResult func set(_ line: String, on: Bool) -> Bool
  /// Sets the brightness of an LED, 0…100; a plain line is on from 50.
  @discardableResult func set(_ line: String, percent: Int) -> Bool
  /// The logical level (true: active), nil when unknown.
  func isOn(_ line: String) -> Bool?
  /// Outputs to their safe state; all lines released.
  func stop()
}

extension Lines {
  @discardableResult public func set(_ line: String, percent: Int) -> Bool {
    set(line, on: percent >= 50)
  }
}

/// One edge of an input, in logical levels.
public struct LineEdge: Sendable, Equatable {
  public var line: String
  public var isActive: Bool
  /// Kernel time of the edge, monotonic clock.
  public var at: Instant
  /// Edges of this line the kernel had to drop before this one.
  public var lostBefore: Int
  /// The level read at start, not an edge.
  public var isInitial: Bool

  public init(line: String, isActive: Bool, at: Instant, lostBefore: Int = 0, isInitial: Bool = false) {
    self.line = line
    self.isActive = isActive
    self.at = at
    self.lostBefore = lostBefore
    self.isInitial = isInitial
  }
}

extension AudioEvent {
  /// In a few words, for the log and `mtor status`.
  public var summary: String {
    switch self {
    case .opened(let parameters): parameters
    case .xrun(let total): "xrun, \(total) since start"
    case .suspended: "suspended"
    case .resumed: "resumed"
    case .unplugged: "unplugged"
    case .unavailable(let reason): reason
    case .ended: "no more audio"
    }
  }

  /// Whether frames come after it; nil: as before.
  var isListening: Bool? {
    switch self {
    case .opened, .resumed: true
    case .suspended, .unplugged, .unavailable, .ended: false
    case .xrun: nil
    }
  }

  /// The summary with the device before it, unless it names that itself.
  func summary(of device: String) -> String {
    summary.hasPrefix(device) ? summary : "\(device): \(summary)"
  }
}
