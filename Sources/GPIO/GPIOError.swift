// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Why a chip or a line is not to be had. The texts are for people: what, where, what to do.
public enum GPIOError: Error, Sendable, Equatable {
  /// No chip has this label or name (empty: there is none at all). `available` lists the labels there are.
  case noChip(String, available: [String])
  /// No line has this name, or the chip is smaller than this offset.
  case noLine(String, chip: String, nearest: String?, lineCount: Int)
  /// A line was named by its offset without a chip, and there are several.
  case offsetWithoutChip(String)
  case busy(line: String, chip: String, consumer: String)
  case permission(path: String)
  /// The chip or the library refuses the bias, direction or debounce asked for.
  case unsupported(line: String, chip: String, wanted: String)
  /// The chip was unplugged.
  case gone(chip: String)
  case system(operation: String, errno: Int32)

  /// Worth trying again without a change of the configuration.
  public var isTemporary: Bool {
    switch self {
    case .noChip, .busy, .gone, .permission, .system: true
    case .noLine, .offsetWithoutChip, .unsupported: false
    }
  }
}

extension GPIOError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .noChip(let wanted, let available):
      return "no GPIO chip" + (wanted.isEmpty ? ". " : " '\(wanted)'. ")
        + (available.isEmpty
          ? "This machine has none (no /dev/gpiochip*)."
          : "There is: \(available.joined(separator: ", ")).")
    case .noLine(let wanted, let chip, let nearest, let count):
      return "no line '\(wanted)' on \(chip) (\(count) lines). "
        + (nearest.map { "Did you mean '\($0)'?" } ?? "`mtor devices` lists them.")
    case .offsetWithoutChip(let line):
      return "line \(line) is an offset: name its chip too, or use the line's name, as in GPIO17."
    case .busy(let line, let chip, let consumer):
      return "line \(line) on \(chip) is busy (held by '\(consumer)'). Stop it, or use another line."
    case .permission(let path):
      return "no permission for \(path). Add the user to the group `gpio` and log in again "
        + "(the systemd unit has it already)."
    case .unsupported(let line, let chip, let wanted):
      return "\(chip) refuses \(wanted) for line \(line). Leave it out, or use another line."
    case .gone(let chip):
      return "\(chip) is gone (unplugged, or its driver was unloaded)."
    case .system(let operation, let errno):
      return "\(operation): \(String(cString: strerror(errno)))"
    }
  }
}
