// SPDX-License-Identifier: Apache-2.0
import Intents

/// Watches from outside who is started while others wait for the same realm.
struct FairnessMeter {
  private struct Place: Hashable {
    var realm: String
    var priority: Intent.Priority
  }

  private struct Waiting {
    var count = 0
    /// Starts of others since it began to wait or was last served.
    var passes = 0
    /// The most who waited at the same time meanwhile.
    var rivals = 0
  }

  private var users: [Place: [String: Waiting]] = [:]
  private var waiting: [String: Place] = [:]
  /// Starts of higher priorities since one of this priority was started, while something waits.
  private var levels: [Place: Int] = [:]

  mutating func waits(_ intent: Intent) {
    let place = Place(realm: intent.realm, priority: intent.priority)
    waiting[intent.id] = place
    users[place, default: [:]][intent.user ?? "", default: Waiting()].count += 1
    let rivals = users[place]?.count ?? 0
    for user in users[place, default: [:]].keys {
      let before = users[place]?[user]?.rivals ?? 0
      users[place]?[user]?.rivals = max(before, rivals)
    }
  }

  /// No longer waits, for whatever reason.
  mutating func ends(_ intent: Intent) {
    guard let place = waiting.removeValue(forKey: intent.id) else { return }
    let user = intent.user ?? ""
    users[place]?[user]?.count -= 1
    if users[place]?[user]?.count == 0 { users[place]?[user] = nil }
    if users[place]?.isEmpty == true { levels[place] = nil }
  }

  /// - Returns: what is unfair.
  mutating func starts(_ intent: Intent, isFirst: Bool) -> String? {
    guard waiting[intent.id] != nil || !isFirst else { return nil }
    let user = intent.user ?? ""
    let own = Place(realm: intent.realm, priority: intent.priority)
    ends(intent)
    users[own]?[user]?.passes = 0
    let rivals = users[own]?.count ?? 0
    users[own]?[user]?.rivals = rivals
    levels[own] = users[own]?.isEmpty == false ? 0 : nil
    // A second try waits too, which cannot be seen from here.
    if !isFirst { return nil }
    for other in users[own, default: [:]].keys where other != user {
      users[own]?[other]?.passes += 1
      guard let rival = users[own]?[other] else { continue }
      // Twice its share: of n who wait each has every n-th start.
      if rival.passes > 2 * (rival.rivals + 1) {
        return "\(other) waits in \(own.realm) while \(rival.passes) others of \(rival.rivals) are served"
      }
    }
    for priority in Intent.Priority.allCases where priority < intent.priority {
      let lower = Place(realm: intent.realm, priority: priority)
      guard users[lower]?.isEmpty == false else { continue }
      levels[lower, default: 0] += 1
      if levels[lower, default: 0] > 12 { return "\(priority) of \(own.realm) starves" }
    }
    return nil
  }
}
