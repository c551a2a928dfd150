// SPDX-License-Identifier: Apache-2.0
import Automation
import Glibc
import Loop
import Runtime
import TestSupport
import Testing

extension DeviceTests {
  @Suite struct LEDLinesTests {
    @Test func anLEDTakesBrightnessAndGetsItsTriggerBack() async throws {
      let led = try UserLED("mtor-test", brightnessMax: 200)
      try led.write("timer", to: "trigger")
      let settings = LineSettings(name: "light", direction: .led, line: "mtor-test")
      let lines = try await onLoop {
        let lines = LEDLines()
        lines.start([settings])
        return lines
      }
      #expect(try led.read("trigger").contains("[none]"))
      #expect(try led.read("brightness") == "0")
      #expect(try await onLoop { lines.set("light", percent: 50) })
      #expect(try led.read("brightness") == "100")
      #expect(try await onLoop { lines.set("light", percent: 1) && lines.isOn("light") == true })
      #expect(try led.read("brightness") == "2")
      try await onLoop { lines.stop() }
      #expect(try led.read("trigger").contains("[timer]"))
    }

    @Test func aMissingLEDIsToldWithThoseThatAreThere() async throws {
      let led = try UserLED("mtor-other", brightnessMax: 1)
      let settings = LineSettings(name: "light", direction: .led, line: "nope")
      let text = try await onLoop {
        let lines = LEDLines()
        var text = ""
        lines.onEvent = { text += $0 }
        lines.start([settings])
        #expect(!lines.set("light", on: true))
        #expect(lines.isOn("light") == nil)
        return text
      }
      #expect(text.hasPrefix("line light: no LED /sys/class/leds/nope. There is: "))
      #expect(text.contains("mtor-other"))
      _ = led
    }
  }
}

/// An LED of the kernel's /dev/uleds; gone when the last reference goes.
private final class UserLED: Sendable {
  private let fd: Int32
  private let directory: String

  init(_ name: String, brightnessMax: Int32) throws {
    directory = "/sys/class/leds/\(name)"
    fd = open("/dev/uleds", O_RDWR | O_CLOEXEC)
    guard fd >= 0 else { throw SystemFailure("/dev/uleds") }
    // struct uleds_user_dev: 64 bytes of name, then the greatest brightness.
    var device = Array(name.utf8) + Array(repeating: 0, count: 64 - name.utf8.count)
    withUnsafeBytes(of: brightnessMax) { device += $0 }
    if Glibc.write(fd, device, device.count) < 0 { throw SystemFailure("new LED") }
  }

  deinit { close(fd) }

  func read(_ file: String) throws -> String {
    guard let stream = fopen("\(directory)/\(file)", "r") else { throw SystemFailure(file) }
    defer { fclose(stream) }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = fread(&bytes, 1, bytes.count, stream)
    return String(decoding: bytes[..<count].prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
  }

  func write(_ text: String, to file: String) throws {
    guard let stream = fopen("\(directory)/\(file)", "w") else { throw SystemFailure(file) }
    fputs(text, stream)
    fclose(stream)
  }
}
