// SPDX-License-Identifier: Apache-2.0
import Glibc

/// What the kernel drove a chip's outputs to since it was made, in order, whoever asked for it.
///
/// gpio-sim forgets a line's level when the line is released; the kernel's trace does not.
/// Source: trace events gpio_value and gpio_direction, `/sys/kernel/tracing`.
final class LevelTrace: Sendable {
  private static let directory = "/sys/kernel/tracing"
  private let firstLine: Int

  init(_ chip: SimulatedChip) throws {
    firstLine = try Self.firstLine(of: chip.name)
    try SystemFile.write("1", to: "\(Self.directory)/events/gpio/gpio_value/enable")
    try SystemFile.write("", to: "\(Self.directory)/trace")
  }

  deinit { try? SystemFile.write("0", to: "\(Self.directory)/events/gpio/gpio_value/enable") }

  /// High (true) or low voltage; only changes.
  func levels(of offset: Int) throws -> [Bool] {
    // … gpio_value: 513 set 1
    var levels: [Bool] = []
    for line in try SystemFile.read("\(Self.directory)/trace").split(separator: "\n") {
      let words = line.split(separator: " ")
      guard let event = words.firstIndex(of: "gpio_value:"), words.count == event + 4,
        Int(words[event + 1]) == firstLine + offset, words[event + 2] == "set"
      else { continue }
      let level = words[event + 3] == "1"
      if levels.last != level { levels.append(level) }
    }
    return levels
  }

  /// The kernel's own number of the chip's line 0: `gpiochip0: GPIOs 512-519, parent: …`.
  private static func firstLine(of chip: String) throws -> Int {
    for line in try SystemFile.read("/sys/kernel/debug/gpio").split(separator: "\n") {
      guard line.hasPrefix("\(chip): ") else { continue }
      let numbers = line.split(separator: " ").first { $0.contains("-") }
      guard let first = numbers?.split(separator: "-").first.flatMap({ Int($0) }) else { continue }
      return first
    }
    throw SystemFailure("\(chip) in /sys/kernel/debug/gpio")
  }
}
