// SPDX-License-Identifier: Apache-2.0

/// What the kernel tells about a chip.
public struct ChipInfo: Sendable, Equatable {
  /// `/dev/gpiochip4`. The number depends on the order of probing: never keep it.
  public var path: String
  /// `gpiochip4`
  public var name: String
  /// The driver's name for it, stable across boots: `pinctrl-rp1`.
  public var label: String
  public var lineCount: Int
}
