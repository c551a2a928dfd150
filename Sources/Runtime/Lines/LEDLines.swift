// SPDX-License-Identifier: Apache-2.0
import Automation
import Glibc
import Loop
import Posix
import Time

/// LEDs that the kernel owns, below /sys/class/leds: with brightness, without polling.
///
/// `start` takes an LED from its trigger (`mmc0`, `heartbeat`); `stop` gives it back. One that is not
/// there, or goes away, is told once and tried again (after 250 ms, at most every 5 s); when it comes
/// it gets the brightness set last.
@LoopActor public final class LEDLines: Lines {
  public var onEdge: (@LoopActor (LineEdge) -> Void)?
  public var onEvent: (@LoopActor (String) -> Void)?

  private let directory: String
  private var leds: [String: LEDLine] = [:]

  public init(directory: String = "/sys/class/leds") { self.directory = directory }

  public func start(_ settings: [LineSettings]) {
    let wanted = settings.filter { $0.direction == .led }
    for (name, led) in leds where !wanted.contains(led.settings) {
      led.close()
      leds[name] = nil
    }
    for line in wanted where leds[line.name] == nil {
      let new = LEDLine(line, in: directory) { [unowned self] in onEvent?($0) }
      leds[line.name] = new
      new.open()
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
}

/// One LED: taken, lost and got back.
@LoopActor private final class LEDLine {
  let settings: LineSettings
  private let directory: String
  private let tell: @LoopActor (String) -> Void
  private let loop = LoopActor.shared.loop
  private var led: LED?
  private var retry: TimerToken?
  private var backoff = Backoff()
  /// What was told last; nil while all is well.
  private var trouble: String?
  /// The brightness wanted, kept while the LED is away.
  private var percent: Int

  init(_ settings: LineSettings, in directory: String, tell: @escaping @LoopActor (String) -> Void) {
    self.settings = settings
    self.directory = directory
    self.tell = tell
    percent = settings.safeOn ? 100 : 0
  }

  func open() {
    retry = nil
    let led = LED(
      path: "\(directory)/\(settings.line)", isActiveLow: settings.activeLow, safeOn: settings.safeOn)
    if let text = led.open(percent: percent) { return fail(text + others) }
    self.led = led
    backoff.reset()
    if trouble != nil { tell("line \(settings.name) is back") }
    trouble = nil
  }

  @discardableResult func set(percent: Int) -> Bool {
    self.percent = percent
    guard let led else { return false }
    if led.set(percent: percent) { return true }
    self.led = nil
    fail("\(directory)/\(settings.line) is gone (unplugged, or its driver was unloaded).")
    return false
  }

  var isOn: Bool? { led?.isOn }

  /// Into its safe state; its trigger gets it back.
  func close() {
    if let retry = retry.take() { loop.cancel(retry) }
    led?.close()
    led = nil
    trouble = nil
  }

  /// Tells it once and tries again later.
  private func fail(_ text: String) {
    if trouble != text { tell("line \(settings.name): \(text)") }
    trouble = text
    retry = loop.after(backoff.next(using: &loop.random), name: "led retry") { [weak self] in self?.open() }
  }

  /// The LEDs that there are, when this one is not.
  private var others: String {
    guard access("\(directory)/\(settings.line)", F_OK) != 0 else { return "" }
    let names = Directory.names(in: directory) ?? []
    return names.isEmpty ? " This machine has none." : " There is: \(names.joined(separator: ", "))."
  }
}
