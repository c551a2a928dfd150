// SPDX-License-Identifier: Apache-2.0

/// What a board is like: `boards/<board>.yml`. The user's file goes over it.
public struct BoardProfile: Sendable, Equatable {
  public var description = ""
  /// Beginnings of /proc/device-tree/model that mean this board.
  public var models: [String] = []
  /// Label or name of the chip whose lines are on the header; nil takes the first chip.
  public var chip: String?
  /// Line name → offset on `chip`; empty when the board's lines are not known beforehand.
  public var lines: [String: Int] = [:]
  /// Names below /sys/class/leds; empty when not known beforehand.
  public var leds: [String] = []
  /// Default PCM names; nil: none on the board.
  public var microphone: String? = "default"
  public var speaker: String? = "default"

  public init() {}
}
