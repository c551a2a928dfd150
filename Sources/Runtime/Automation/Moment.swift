// SPDX-License-Identifier: Apache-2.0
import Glibc
import Posix

/// The local time in words, for automations that name it.
enum Moment {
  static var slots: [String: String] { slots(at: WallClock.seconds) }

  /// `time`: `9:05`; `date`: `Saturday, November 21`.
  static func slots(at seconds: time_t) -> [String: String] {
    var seconds = seconds
    var local = tm()
    localtime_r(&seconds, &local)
    let minutes = local.tm_min < 10 ? "0\(local.tm_min)" : "\(local.tm_min)"
    let day = weekdays[Int(local.tm_wday)]
    return [
      "time": "\(local.tm_hour):\(minutes)",
      "date": "\(day), \(months[Int(local.tm_mon)]) \(local.tm_mday)",
    ]
  }

  private static let weekdays = [
    "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
  ]
  private static let months = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
  ]
}
