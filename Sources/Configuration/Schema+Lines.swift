// SPDX-License-Identifier: Apache-2.0
import Automation
import YAML

extension Schema {
  static let lines = ValueType<[LineSettings]>.named(
    "line",
    .section(
      LineSettings(name: "", direction: .input, line: ""), line,
      alternatives: [Alternatives(keys: ["input", "output", "led"], isRequired: true)]),
    name: \.name, count: 256,
    blank: { LineSettings(name: $0, direction: .input, line: "") })

  private static let lineText = ValueType<String?>.optional(.text("line name or offset", bytesMax: 64))

  private static let line: [Field<LineSettings>] = [
    Field("input", \.input, lineText, "Line that is read: its name (GPIO17) or offset (17)."),
    Field("output", \.output, lineText, "Line that is driven: its name or offset."),
    Field(
      "led", \.led, .optional(.text("LED name", bytesMax: 64)),
      "LED that the kernel drives: its name below /sys/class/leds."),
    Field(
      "chip", \.chip, .optional(.text("chip label or name", bytesMax: 64)), beside: ["input", "output"],
      "Chip of the line; without it the board's."),
    Field("bias", \.bias, .choice(), beside: ["input", "output"], "Pull resistor inside the chip."),
    Field("active_low", \.activeLow, .flag, beside: ["input", "output"], "On means a low level."),
    Field(
      "debounce", \.debounce, .duration(.zero ... .seconds(1)), beside: ["input"],
      "A level must hold for so long to count."),
    Field("kind", \.kind, .choice(), beside: ["input"], "Which gestures its edges make."),
    Field(
      "click_gap", \.clickGap, .duration(.milliseconds(50) ... .seconds(2)), beside: ["input"],
      "Longest gap between the clicks of a double or triple click."),
    Field(
      "hold_time", \.holdTime, .duration(.milliseconds(100) ... .seconds(30)), beside: ["input"],
      "A longer press is a hold."),
    Field(
      "hold_repeat", \.holdRepeat, .optional(.duration(.milliseconds(50) ... .seconds(60)), none: "off"),
      beside: ["input"], "While held, the hold repeats at this interval."),
    Field(
      "off_delay", \.offDelay, .duration(.zero ... .seconds(3600)), beside: ["input"],
      "Kind motion: no_motion comes so long after the last movement."),
    Field(
      "safe", \.safeOn, .flag, beside: ["output", "led"],
      "State at start, at exit and, where the kernel keeps it, after a crash."),
  ]

  static let boardLines = ValueType<[String: Int]>(
    summary: "a map: line name → offset",
    read: { node, path, _, reader in
      guard case .map(let entries, _) = node else {
        reader.note(node.mark, path, "expected a map: line name → offset.")
        return nil
      }
      let offset = ValueType<Int>.count(0...1023)
      let pairs = entries.map { ($0.key, offset.read($0.value, "\(path).\($0.key)", nil, &reader)) }
      return pairs.reduce(into: [:]) { $0[$1.0] = $1.1 }
    },
    tree: { lines in
      let entries = lines.sorted { $0.value < $1.value }
      return .map(entries.map { YAMLEntry(key: $0.key, value: .text("\($0.value)")) }, YAMLMark())
    })
}

extension LineSettings {
  fileprivate var input: String? {
    get { wanted(.input) }
    set { set(newValue, .input) }
  }
  fileprivate var output: String? {
    get { wanted(.output) }
    set { set(newValue, .output) }
  }
  fileprivate var led: String? {
    get { wanted(.led) }
    set { set(newValue, .led) }
  }

  private func wanted(_ wanted: Direction) -> String? {
    direction == wanted && !line.isEmpty ? line : nil
  }

  private mutating func set(_ text: String?, _ direction: Direction) {
    guard let text else { return }
    (line, self.direction) = (text, direction)
  }
}
