// SPDX-License-Identifier: Apache-2.0
import Loop
import Time

/// Whether systemd's watchdog is to be fed. What is away and tried again is no reason to start anew; what
/// should move and does not is one.
extension Daemon {
  /// An open microphone that has given nothing for so long hangs: its own watchdogs are quicker.
  public static let silenceMax: Duration = .seconds(15)
  /// A queue that has been at one piece of work for so long hangs. A name look-up without a network takes
  /// a minute and more.
  public static let workMax: Duration = .seconds(300)

  /// What hangs, for people; nil: nothing.
  public var trouble: String? {
    if let last = voice?.lastHeard, loop.now - last > Self.silenceMax {
      return "the microphone is open and delivers nothing"
    }
    let stuck = BlockingQueue.stuck(for: Self.workMax)
    return stuck.isEmpty ? nil : "no end of work on: \(stuck.joined(separator: ", "))"
  }

  var isHealthy: Bool {
    guard let trouble else {
      if log.settle("health") { log.notice("all moves again") }
      return true
    }
    log.once("health", level: .error, every: .seconds(60), "the watchdog is not fed: \(trouble)")
    return false
  }
}
