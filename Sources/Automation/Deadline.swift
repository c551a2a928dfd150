// SPDX-License-Identifier: Apache-2.0
import JSON
import Time

/// When a wait ends. The monotonic clock decides; the wall clock only carries it over a restart.
struct Deadline: Sendable, Equatable {
  var instant: Instant
  /// Nanoseconds since 1970, as the wall clock was when the wait began.
  var wall: Int64
  var length: Duration
  /// The clock was not set when this was restored: how long it has waited already will be known later.
  var isProvisional = false

  init(after length: Duration, _ now: Stamp) {
    instant = now.monotonic + length
    wall = now.wall &+ length.nanoseconds
    self.length = length
  }

  var json: JSONValue {
    .array([
      .integer(Int64(clamping: instant.nanoseconds)), .integer(wall), .integer(length.nanoseconds),
    ])
  }

  /// - Parameter isSameBoot: the monotonic clock has not begun anew since.
  init?(_ json: JSONValue?, isSameBoot: Bool, _ now: Stamp) {
    guard let parts = json?.arrayValue?.compactMap(\.integerValue), parts.count == 3 else { return nil }
    instant = Instant(nanoseconds: UInt64(max(0, parts[0])))
    (wall, length) = (parts[1], Duration(nanoseconds: parts[2]))
    if !isSameBoot { settle(now) }
  }

  /// Beside a deadline that is kept: programs before this one know nothing of it.
  private static let provisionalKey = "provisional"

  /// The deadline that `keep` has left in an object; nil: none.
  init?(in object: JSONObject, _ key: String, isSameBoot: Bool, _ now: Stamp) {
    self.init(object[key], isSameBoot: isSameBoot, now)
    if isSameBoot { isProvisional = object[Self.provisionalKey]?.boolValue ?? false }
  }

  func keep(in object: inout JSONObject, _ key: String) {
    object[key] = json
    if isProvisional { object[Self.provisionalKey] = true }
  }

  /// What is left by the wall clock: never more than the whole, never less than nothing. A clock that
  /// is before the wait's beginning has not been set yet.
  mutating func settle(_ now: Stamp) {
    let left = wall &- now.wall
    isProvisional = left > length.nanoseconds
    instant = now.monotonic + Duration(nanoseconds: max(0, min(left, length.nanoseconds)))
  }
}
