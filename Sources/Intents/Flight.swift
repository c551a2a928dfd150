// SPDX-License-Identifier: Apache-2.0
import Time

/// An intent under way.
struct Flight: Sendable {
  enum Phase: Sendable { case free, waiting, calling }

  /// One worker at it.
  struct Call: Sendable {
    var worker: Int32
    var attempt: Int32
    var began: Instant
    var hasStarted = false
  }

  var intent: Intent
  var phase = Phase.free
  /// Distinguishes the intents that have had this slot.
  var generation: UInt32 = 0
  /// The realm that was asked for; its metrics count it.
  var home = 0
  /// Where it waits or is served: the home's or a backup's.
  var pool = 0
  /// Realms tried so far: 0 the home, 1 its first backup, …
  var chainIndex = 0
  var topic = -1
  var tried = Tried()
  var attempts = 0
  /// At most two: the second is a hedge.
  var call: Call?
  var hedge: Call?
  var firstCall: Instant?
  var firstOutput: Instant?
  /// When a second worker may be asked.
  var hedgeAt = Instant.distantFuture
  /// When the first output is overdue and another worker is asked instead.
  var limitAt = Instant.distantFuture
  var trace = Trace()

  var nextCheck: Instant { min(intent.deadline, hedgeAt, limitAt) }

  /// Ready for another intent; tables are kept.
  mutating func clear() {
    phase = .free
    generation &+= 1
    (call, hedge, firstCall, firstOutput) = (nil, nil, nil, nil)
    (hedgeAt, limitAt) = (.distantFuture, .distantFuture)
  }

  mutating func begin(_ intent: Intent, home: Int, at now: Instant) {
    self.intent = intent
    self.home = home
    chainIndex = 0
    topic = -1
    tried = Tried()
    attempts = 0
    trace.begin(at: now)
  }
}

extension Intent {
  /// Stands where there is none.
  static let none = Intent(
    id: "", realm: "", payload: Payload(), deadline: .zero, origin: .device)
}
