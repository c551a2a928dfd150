// SPDX-License-Identifier: Apache-2.0
import Automation
import Loop

/// All lines of a board: each goes to the chips of the kernel or to its LEDs.
@LoopActor public final class BoardLines: Lines {
  private let gpio: any Lines
  private let leds: any Lines
  private var ledNames: Set<String> = []

  public init(gpio: any Lines, leds: any Lines) {
    self.gpio = gpio
    self.leds = leds
  }

  public var onEdge: (@LoopActor (LineEdge) -> Void)? {
    get { gpio.onEdge }
    set {
      gpio.onEdge = newValue
      leds.onEdge = newValue
    }
  }

  public var onEvent: (@LoopActor (String) -> Void)? {
    get { gpio.onEvent }
    set {
      gpio.onEvent = newValue
      leds.onEvent = newValue
    }
  }

  public func start(_ lines: [LineSettings]) {
    ledNames = Set(lines.filter { $0.direction == .led }.map(\.name))
    gpio.start(lines.filter { $0.direction != .led })
    leds.start(lines.filter { $0.direction == .led })
  }

  @discardableResult public func set(_ line: String, on: Bool) -> Bool { owner(of: line).set(line, on: on) }

  @discardableResult public func set(_ line: String, percent: Int) -> Bool {
    owner(of: line).set(line, percent: percent)
  }

  public func isOn(_ line: String) -> Bool? { owner(of: line).isOn(line) }

  public func stop() {
    gpio.stop()
    leds.stop()
  }

  private func owner(of line: String) -> any Lines { ledNames.contains(line) ? leds : gpio }
}
