// SPDX-License-Identifier: Apache-2.0
import Loop
import Time

/// One thing worth telling a person who watches: the log, `mtor listen`, the demo.
public struct TimelineEntry: Sendable, Equatable, Codable {
  public enum Stage: String, Sendable, Codable, CaseIterable {
    case wake, utterance, transcript, intent, action, reply, failure, gesture, device, worker
  }

  public var stage: Stage
  /// Number of the utterance this belongs to, from 1.
  public var utterance: Int?
  public var text: String
  /// Milliseconds since the person stopped speaking; negative: before that.
  public var sinceSpeechEndMS: Double?
  /// The text is what somebody said or what was said to them.
  public var isSpoken = false

  public init(
    _ stage: Stage, _ text: String, utterance: Int? = nil, sinceSpeechEndMS: Double? = nil,
    isSpoken: Bool = false
  ) {
    self.stage = stage
    self.text = text
    self.utterance = utterance
    self.sinceSpeechEndMS = sinceSpeechEndMS
    self.isSpoken = isSpoken
  }
}

/// Hands entries to whoever watches, in order, at once. `@LoopActor` only.
@LoopActor public final class Timeline {
  public typealias Observer = @LoopActor (TimelineEntry) -> Void

  private var observers: [Int: Observer] = [:]
  private var lastID = 0

  public init() {}

  /// Calls `observer` with each entry until `remove`.
  public func add(_ observer: @escaping Observer) -> Int {
    lastID += 1
    observers[lastID] = observer
    return lastID
  }

  public func remove(_ id: Int) { observers[id] = nil }

  public func emit(_ entry: TimelineEntry) {
    for observer in observers.values { observer(entry) }
  }
}
