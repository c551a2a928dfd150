// SPDX-License-Identifier: Apache-2.0
import Automation
import Glibc
import Loop
import Runtime
import TestSupport
import Testing

@Suite struct LateLEDTests {
  @Test func anLEDThatComesLaterIsTakenWithTheBrightnessSetLast() async throws {
    let directory = TemporaryDirectory()
    let log = try await onLoop { LEDLog(directory.path) }
    try await onLoop {
      #expect(!log.lines.set("light", percent: 50))
      #expect(log.texts == ["line light: no LED \(directory.path)/usb. This machine has none."])
      mkdir(directory.file("usb"), 0o700)
    }
    directory.write("usb/max_brightness", "200\n")
    directory.write("usb/trigger", "[none] timer\n")
    directory.write("usb/brightness", "0")
    #expect(try await eventually { log.texts.last == "line light is back" })
    #expect(readText(directory.file("usb/brightness")) == "100")
    try await onLoop {
      #expect(log.lines.isOn("light") == true)
      // Called again with the same settings: nothing is touched.
      log.lines.start(log.settings)
      #expect(log.lines.isOn("light") == true)
      log.lines.start([])
      #expect(log.lines.isOn("light") == nil)
    }
    #expect(readText(directory.file("usb/brightness")).hasPrefix("0"))
  }
}

@LoopActor private final class LEDLog {
  let lines: LEDLines
  let settings = [LineSettings(name: "light", direction: .led, line: "usb")]
  private(set) var texts: [String] = []

  init(_ directory: String) {
    lines = LEDLines(directory: directory)
    lines.onEvent = { [unowned self] in texts.append($0) }
    lines.start(settings)
  }
}
