// SPDX-License-Identifier: Apache-2.0
import Automation
import Loop
import Runtime

/// Kernel lines whose edges, texts and gestures are kept for a test to look at.
@LoopActor final class LineRecorder {
  let lines: KernelLines
  let driver: LineDriver
  private(set) var edges: [LineEdge] = []
  private(set) var texts: [String] = []
  private(set) var gestures: [String] = []

  init(_ settings: [LineSettings], chip: String? = nil) {
    lines = KernelLines(chip: chip, consumer: "mtor-test")
    driver = LineDriver(lines, settings: settings)
    driver.onEdge = { [unowned self] in edges.append($0) }
    driver.onEvent = { [unowned self] in texts.append($0) }
    driver.onGesture = { [unowned self] line, gesture, _ in gestures.append("\(line) \(gesture.rawValue)") }
    driver.start()
  }

  /// `+` for each edge to active, `-` to inactive, `!` for a level that is no edge, `?` after a loss.
  var course: String {
    edges.map { ($0.lostBefore > 0 ? "?" : "") + ($0.isInitial ? "!" : "") + ($0.isActive ? "+" : "-") }
      .joined()
  }
}

extension LineSettings {
  static func input(_ name: String, _ line: String, chip: String, debounce: Duration = .zero) -> LineSettings
  {
    var settings = LineSettings(name: name, direction: .input, line: line)
    settings.chip = chip
    settings.debounce = debounce
    return settings
  }

  static func output(_ name: String, _ line: String, chip: String, safeOn: Bool = false) -> LineSettings {
    var settings = LineSettings(name: name, direction: .output, line: line)
    settings.chip = chip
    settings.safeOn = safeOn
    return settings
  }
}
