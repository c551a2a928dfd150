// SPDX-License-Identifier: Apache-2.0
import Automation
import Glibc
import Loop
import Posix

/// LEDs that the kernel owns, below /sys/class/leds: with brightness, without polling.
///
/// `start` takes an LED from its trigger (`mmc0`, `heartbeat`); `stop` gives it back.
@LoopActor public final class LEDLines: Lines {
  public var onEdge: (@LoopActor (LineEdge) -> Void)?
  public var onEvent: (@LoopActor (String) -> Void)?

  private let directory: String
  private var leds: [String: LED] = [:]

  public init(directory: String = "/sys/class/leds") { self.directory = directory }

  public func start(_ settings: [LineSettings]) {
    stop()
    for line in settings where line.direction == .led {
      let led = LED(path: "\(directory)/\(line.line)", isActiveLow: line.activeLow, safeOn: line.safeOn)
      leds[line.name] = led
      if let text = led.open() { onEvent?("line \(line.name): \(text)\(others(than: line.line))") }
    }
  }

  @discardableResult public func set(_ line: String, on: Bool) -> Bool { set(line, percent: on ? 100 : 0) }

  @discardableResult public func set(_ line: String, percent: Int) -> Bool {
    leds[line]?.set(percent: percent) ?? false
  }

  public func isOn(_ line: String) -> Bool? { leds[line]?.isOn }

  public func stop() {
    for led in leds.values { led.close() }
    leds = [:]
  }

  private func others(than name: String) -> String {
    guard access("\(directory)/\(name)", F_OK) != 0 else { return "" }
    let names = Directory.names(in: directory) ?? []
    return names.isEmpty ? " This machine has none." : " There is: \(names.joined(separator: ", "))."
  }
}
