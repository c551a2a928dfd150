// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A chip of the kernel's gpio-sim, made through configfs; gone when the last reference goes.
final class SimulatedChip: Sendable {
  let label: String
  private let config: String

  /// - Parameters:
  ///   - names: offset → line name.
  ///   - hogs: offset → consumer that holds the line from the start.
  init(_ label: String, lines: Int = 8, names: [Int: String] = [:], hogs: [Int: String] = [:]) throws {
    self.label = label
    config = "/sys/kernel/config/gpio-sim/\(label)"
    try make(config)
    try make("\(config)/bank0")
    try write("\(lines)", "bank0/num_lines")
    try write(label, "bank0/label")
    for (offset, name) in names {
      try make("\(config)/bank0/line\(offset)")
      try write(name, "bank0/line\(offset)/name")
    }
    for (offset, consumer) in hogs {
      if names[offset] == nil { try make("\(config)/bank0/line\(offset)") }
      try make("\(config)/bank0/line\(offset)/hog")
      try write(consumer, "bank0/line\(offset)/hog/name")
      try write("input", "bank0/line\(offset)/hog/direction")
    }
    try plugIn()
  }

  deinit {
    try? unplug()
    for offset in 0..<64 {
      rmdir("\(config)/bank0/line\(offset)/hog")
      rmdir("\(config)/bank0/line\(offset)")
    }
    rmdir("\(config)/bank0")
    rmdir(config)
  }

  func plugIn() throws { try write("1", "live") }
  func unplug() throws { try write("0", "live") }

  /// `gpiochip0`
  var name: String { get throws { try SystemFile.firstLine("\(config)/bank0/chip_name") } }

  /// What the outside world does to a line: high or low voltage.
  func pull(_ offset: Int, high: Bool) throws {
    try SystemFile.write(high ? "pull-up" : "pull-down", to: "\(line(offset))/pull")
  }

  /// The voltage of a line: true is high.
  func isHigh(_ offset: Int) throws -> Bool { try SystemFile.firstLine("\(line(offset))/value") == "1" }

  func isPulledHigh(_ offset: Int) throws -> Bool {
    try SystemFile.firstLine("\(line(offset))/pull") == "pull-up"
  }

  private func line(_ offset: Int) throws -> String {
    "/sys/devices/platform/\(try SystemFile.firstLine("\(config)/dev_name"))/\(try name)/sim_gpio\(offset)"
  }

  private func make(_ directory: String) throws {
    if mkdir(directory, 0o755) != 0 { throw SystemFailure("mkdir \(directory)") }
  }

  private func write(_ text: String, _ file: String) throws {
    try SystemFile.write(text, to: "\(config)/\(file)")
  }
}
