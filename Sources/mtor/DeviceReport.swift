// SPDX-License-Identifier: Apache-2.0
import ALSA
import Camera
import GPIO
import Glibc
import Posix

/// What this machine has that mtor can use. Asking may take milliseconds and disturbs nobody.
struct DeviceReport: Encodable {
  struct GPIOChip: Encodable {
    var path: String
    var label: String
    var lineCount: Int
    var lines: [Line]
  }

  struct Line: Encodable {
    var offset: UInt32
    var name: String
    var isOutput: Bool
    /// Who holds the line; nil when it is free.
    var consumer: String?
  }

  var cards: [SoundCard] = []
  var chips: [GPIOChip] = []
  var leds: [String] = []
  var cameras: [CameraDevice] = []
  /// What is wrong or missing and what to do, a sentence each.
  var advice: [String] = []

  static func collect() -> DeviceReport {
    var report = DeviceReport(
      cards: SoundCard.list(), leds: Directory.names(in: "/sys/class/leds") ?? [],
      cameras: CameraDevice.list())
    report.collectChips()
    report.advise()
    return report
  }

  private mutating func collectChips() {
    for path in Chip.paths() {
      do throws(GPIOError) {
        let chip = try Chip.open(path: path)
        chips.append(
          GPIOChip(
            path: path, label: chip.info.label, lineCount: chip.info.lineCount, lines: Self.lines(of: chip)))
      } catch {
        advice.append("\(error)")
      }
    }
  }

  private static func lines(of chip: borrowing Chip) -> [Line] {
    var lines: [Line] = []
    for offset in 0..<UInt32(clamping: chip.info.lineCount) {
      guard let info = try? chip.line(offset) else { continue }
      lines.append(
        Line(offset: offset, name: info.name, isOutput: info.isOutput, consumer: info.consumer))
    }
    return lines
  }

  private mutating func advise() {
    let controls = (Directory.names(in: "/dev/snd") ?? []).filter { $0.hasPrefix("controlC") }
    if controls.contains(where: { access("/dev/snd/\($0)", R_OK | W_OK) != 0 }) {
      advice.append("no permission for /dev/snd. Add the user to the group `audio` and log in again.")
    } else if cards.isEmpty {
      advice.append("no sound card. Plug one in, or load its driver; `mtor demo` needs none.")
    }
    if Chip.paths().isEmpty {
      advice.append("no GPIO chip (no /dev/gpiochip*). `board: sim` simulates lines.")
    } else {
      advice += Library.missing.map { "libgpiod \(Library.version) lacks \($0)." }
    }
  }
}

extension DeviceReport {
  /// For a terminal, at most 80 columns wide.
  func text(allLines: Bool) -> String {
    let parts = [soundText, chipText(allLines: allLines), ledText, cameraText].filter { !$0.isEmpty }
    let notes = advice.flatMap { HelpText.paragraphs("note: \($0)").split(separator: "\n") }.map { $0 + "\n" }
    return (parts + [notes.joined()]).filter { !$0.isEmpty }.joined(separator: "\n")
  }

  private var soundText: String {
    var table = TextTable("sound", "directions", "name")
    for card in cards {
      for pcm in card.pcms {
        let device = pcm.number == 0 ? "" : ",\(pcm.number)"
        let directions = [
          pcm.captureSubdevices > 0 ? "capture" : nil, pcm.playbackSubdevices > 0 ? "playback" : nil,
        ]
        table.add(
          "card:\(card.id)\(device)", directions.compactMap { $0 }.joined(separator: " "),
          "\(card.name): \(pcm.name)")
      }
    }
    return table.text()
  }

  /// Lines without a name and without a consumer are left out unless asked for.
  private func chipText(allLines: Bool) -> String {
    var chipTable = TextTable("chip", "label", "lines")
    var lineTable = TextTable("line", "chip", "offset", "direction", "used by")
    for chip in chips {
      chipTable.add(chip.path, chip.label, "\(chip.lineCount)")
      for line in chip.lines where allLines || !line.name.isEmpty || line.consumer != nil {
        lineTable.add(
          line.name.isEmpty ? "-" : line.name, chip.label, "\(line.offset)",
          line.isOutput ? "output" : "input", line.consumer ?? "")
      }
    }
    return [chipTable.text(), lineTable.text()].filter { !$0.isEmpty }.joined(separator: "\n")
  }

  private var ledText: String {
    var table = TextTable("led")
    leds.forEach { table.add($0) }
    return table.text()
  }

  private var cameraText: String {
    var table = TextTable("camera", "bus", "name")
    cameras.forEach { table.add($0.path, $0.bus, $0.name) }
    return table.text()
  }
}
