// SPDX-License-Identifier: Apache-2.0
import Glibc

/// One directory below /sys/class/leds.
final class LED {
  private let path: String
  private let isActiveLow: Bool
  private let safeOn: Bool
  private var brightnessFD: Int32 = -1
  private var maximum = 255
  /// The trigger it had before us; nil when it had none.
  private var trigger: String?
  private var percent = 0

  init(path: String, isActiveLow: Bool, safeOn: Bool) {
    self.path = path
    self.isActiveLow = isActiveLow
    self.safeOn = safeOn
  }

  deinit { if brightnessFD >= 0 { _ = Glibc.close(brightnessFD) } }

  /// Takes the LED and sets its brightness. Returns what went wrong, for people, or nil.
  func open(percent: Int) -> String? {
    brightnessFD = Glibc.open("\(path)/brightness", O_WRONLY | O_CLOEXEC)
    if brightnessFD < 0 {
      switch errno {
      case ENOENT: return "no LED \(path)."
      case EACCES, EPERM:
        return "no permission for \(path)/brightness. Add the user to the group `gpio`, "
          + "or give that group the file by a udev rule."
      default: return "\(path)/brightness: \(String(cString: strerror(errno)))"
      }
    }
    maximum = read("max_brightness").flatMap { Int($0) } ?? 255
    let active = read("trigger")?.split(separator: "[").dropFirst().first?.prefix { $0 != "]" }
    trigger = active.flatMap { $0 == "none" ? nil : String($0) }
    if trigger != nil { write("none", to: "trigger") }
    set(percent: percent)
    return nil
  }

  @discardableResult func set(percent: Int) -> Bool {
    guard brightnessFD >= 0 else { return false }
    self.percent = percent
    let shown = isActiveLow ? 100 - percent : percent
    // The smallest brightness above 0 is 1, not off.
    var text = (maximum * shown + 99) / 100
    text = min(maximum, max(0, text))
    return withDecimal(text) { pwrite(brightnessFD, $0.baseAddress, $0.count, 0) } > 0
  }

  var isOn: Bool? { brightnessFD < 0 ? nil : percent > 0 }

  func close() {
    guard brightnessFD >= 0 else { return }
    set(percent: safeOn ? 100 : 0)
    if let trigger { write(trigger, to: "trigger") }
    _ = Glibc.close(brightnessFD)
    brightnessFD = -1
  }

  private func read(_ file: String) -> String? {
    let fd = Glibc.open("\(path)/\(file)", O_RDONLY | O_CLOEXEC)
    guard fd >= 0 else { return nil }
    defer { _ = Glibc.close(fd) }
    return withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
      let count = Glibc.read(fd, buffer.baseAddress, buffer.count)
      guard count >= 0 else { return nil }
      let text = buffer[..<count].prefix { $0 != UInt8(ascii: "\n") }
      return String(decoding: text, as: UTF8.self)
    }
  }

  private func write(_ text: String, to file: String) {
    let fd = Glibc.open("\(path)/\(file)", O_WRONLY | O_CLOEXEC)
    guard fd >= 0 else { return }
    defer { _ = Glibc.close(fd) }
    _ = Glibc.write(fd, text, text.utf8.count)
  }
}

/// A number's decimal digits, without a string.
private func withDecimal(_ number: Int, _ body: (UnsafeRawBufferPointer) -> Int) -> Int {
  withUnsafeTemporaryAllocation(byteCount: 20, alignment: 1) { buffer in
    var start = buffer.count
    var rest = number
    repeat {
      start -= 1
      buffer[start] = UInt8(ascii: "0") + UInt8(rest % 10)
      rest /= 10
    } while rest > 0
    return body(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[start...]))
  }
}
