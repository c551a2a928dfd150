// SPDX-License-Identifier: Apache-2.0
import CInstruments
import Glibc
import Posix
import TestSupport
import Testing
import Time

@testable import Log

@Suite(.serialized) struct LogTests {
  static let noon = timespec(tv_sec: 1_767_268_800, tv_nsec: 7_000_000)

  static let formats: [(LogFormat, LogLevel, String)] = [
    (.journal, .error, "<3>gpio: line busy\n"),
    (.journal, .debug, "<7>gpio: line busy\n"),
    (.plain, .notice, "2026-01-01T12:00:00.007Z notice gpio: line busy\n"),
    (.terminal(colour: false), .warning, " warning gpio       line busy\n"),
    (.terminal(colour: true), .warning, " \u{1b}[33mwarning gpio       line busy\u{1b}[0m\n"),
    (.terminal(colour: true), .info, " info    gpio       line busy\n"),
  ]

  @Test(arguments: formats) func aLineSuitsWhoReadsIt(
    _ format: LogFormat, _ level: LogLevel, _ expected: String
  ) {
    let event = LogEvent(level: level, module: "gpio", message: "line busy")
    let line = String(decoding: format.line(event, at: Self.noon), as: UTF8.self)
    if case .terminal = format {
      // The local time, whatever the zone, comes first.
      #expect(line.hasSuffix(expected) && line.utf8.count == expected.utf8.count + 12)
    } else {
      #expect(line == expected)
    }
  }

  static let messages: [(String, String)] = [
    ("plain, ünï ☃", "plain, ünï ☃"), ("a\nforged line", "a\\nforged line"), ("\r\t", "\\r\\t"),
    ("\u{1b}[2Jgone", "\\u{1b}[2Jgone"), ("\u{7f}\u{9b}\u{0}", "\\u{7f}\\u{9b}\\u{0}"),
    ("\u{202e}txt.exe", "\\u{202e}txt.exe"),
  ]

  @Test(arguments: messages) func nothingInAMessageSteersTheReader(_ message: String, _ escaped: String) {
    #expect(LogEvent(level: .info, module: "x", message: message).escapedMessage == escaped)
  }

  @Test(arguments: ["x", "é", "☃"]) func aLongLineIsCutBetweenCharacters(_ character: String) {
    let event = LogEvent(level: .info, module: "x", message: String(repeating: character, count: 5000))
    let line = LogFormat.plain.line(event, at: Self.noon)
    #expect(line.count <= LogFormat.lineBytesMax && line.count > LogFormat.lineBytesMax - 8)
    #expect(String(validating: line, as: UTF8.self)?.hasSuffix("\(character)…\n") == true)
  }

  @Test func eachEventIsOneWriteToTheDescriptor() throws {
    let pair = try Socket.pair()
    let (ours, theirs) = (pair.first.raw, pair.second.raw)
    let writer = LogWriter(descriptor: theirs, format: .journal)
    writer.write(LogEvent(level: .info, module: "a", message: "one"))
    writer.write(LogEvent(level: .error, module: "b", message: "two\nlines"))
    var buffer = [UInt8](repeating: 0, count: 200)
    let count = read(ours, &buffer, buffer.count)
    #expect(String(decoding: buffer.prefix(max(0, count)), as: UTF8.self) == "<6>a: one\n<3>b: two\\nlines\n")
  }

  /// A pipe that nobody empties, whose writer would wait.
  @Test func aReaderThatHangsLosesLinesAndIsToldHowMany() throws {
    let pipe = try FileDescriptor.pipe("log")
    let reads = pipe.read
    let writes = pipe.write
    let writer = LogWriter(descriptor: writes.raw, format: .journal)
    let long = String(repeating: "x", count: 4000)
    for _ in 0..<100 { writer.write(LogEvent(level: .info, module: "a", message: long)) }
    writer.write(LogEvent(level: .error, module: "b", message: long))
    let lost = writer.lost
    #expect((1...100).contains(lost))
    try reads.setNonBlocking()
    while let bytes = try? reads.read(upTo: 65_536), !bytes.isEmpty {}
    writer.write(LogEvent(level: .info, module: "a", message: "back"))
    let told = String(decoding: try reads.read(upTo: 65_536), as: UTF8.self)
    let report = "<4>log: \(lost) lines were lost, 1 of them warnings or errors:"
    #expect(told.hasPrefix(report) && told.hasSuffix("\n<6>a: back\n"), "\(told)")
    #expect(writer.lost == lost)
  }

  @Test func aStoppedTerminalHoldsNobodyUpAndGetsWholeLines() throws {
    var theirs: Int32 = -1
    let ours = ci_open_terminal(&theirs)
    try #require(ours >= 0)
    defer {
      close(ours)
      close(theirs)
    }
    let writer = LogWriter(descriptor: theirs, format: .journal)
    let long = String(repeating: "x", count: 3000)
    for _ in 0..<100 { writer.write(LogEvent(level: .info, module: "a", message: long)) }
    #expect(writer.lost > 0)
    var text: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    var entry = pollfd(fd: ours, events: Int16(POLLIN), revents: 0)
    // The end of a line that was begun goes out before the next one. The kernel hands on what was
    // written a moment later, in parts.
    for _ in 0..<100 where !text.suffix(12).elementsEqual("<6>a: back\r\n".utf8) {
      writer.write(LogEvent(level: .info, module: "a", message: "back"))
      while poll(&entry, 1, 20) > 0, case let count = read(ours, &buffer, buffer.count), count > 0 {
        text += buffer[..<count]
      }
    }
    let lines = String(decoding: text, as: UTF8.self).split(separator: "\r\n")
    #expect(lines.contains("<6>a: back"))
    #expect(lines.allSatisfy { $0 == "<6>a: \(long)" || $0 == "<6>a: back" || $0.hasPrefix("<4>log: ") })
  }

  @Test func levelsChangeAtRunTimeByModule() {
    let events = capture { log in
      let same = Logger(log.module)
      log.debug("hidden")
      Logging.setLevel(.debug, of: log.module)
      same.debug("shown")
      Logging.setLevel(.error, of: log.module)
      log.warning("hidden")
      log.error("shown")
      #expect(!log.isEnabled(.warning) && Logging.moduleLevels[log.module] == .error)
      Logging.setLevel(nil, of: log.module)
      log.info("shown")
      Logging.level = .warning
      log.info("hidden")
      Logging.level = .info
      log.notice("shown")
    }
    #expect(events.map(\.message) == ["shown", "shown", "shown", "shown"])
    #expect(LogLevel(name: "notice") == .notice && LogLevel(name: "loud") == nil)
  }

  @Test func aMessageBelowTheLevelIsNotBuilt() {
    var isBuilt = false
    func build() -> String {
      isBuilt = true
      return ""
    }
    Logger("quiet").debug(build())
    #expect(!isBuilt)
  }

  @Test func whatRepeatsIsSaidOnce() {
    let events = capture { log in
      for _ in 0..<1000 { log.once("busy", "microphone busy") }
      #expect(log.settle("busy"))
      #expect(!log.settle("busy"))
      log.once("busy", level: .error, "microphone busy again")
      log.once("other", every: .zero, "other")
      log.once("other", every: .zero, "other")
    }
    #expect(events.map(\.message) == ["microphone busy", "microphone busy again", "other", "other"])
    #expect(events[1].level == .error)
  }

  @Test func repetitionIsCountedAndItsMemoryBounded() {
    var guardian = RepetitionGuard()
    let start = Instant(nanoseconds: 1_000)
    #expect(guardian.admit("a", every: .seconds(1), at: start) == 0)
    for _ in 0..<5 { #expect(guardian.admit("a", every: .seconds(1), at: start + .milliseconds(999)) == nil) }
    #expect(guardian.admit("a", every: .seconds(1), at: start + .seconds(1)) == 5)
    for key in 0..<RepetitionGuard.keysMax {
      #expect(guardian.admit("\(key)", every: .seconds(9), at: start + .seconds(2)) == 0)
    }
    #expect(guardian.admit("0", every: .seconds(9), at: start + .seconds(3)) == nil)
    #expect(guardian.admit("a", every: .seconds(9), at: start + .seconds(3)) == 0, "forgotten: the oldest")
  }

  /// What `body` logs through a logger of its own module.
  private func capture(_ body: (Logger) -> Void) -> [LogEvent] {
    let log = Logger("log-tests")
    let events = Locked<[LogEvent]>([])
    Logging.setSink { event in
      if event.module == "log-tests" { events.withLock { $0.append(event) } }
    }
    defer { Logging.setSink(nil) }
    body(log)
    return events.withLock { $0 }
  }
}

@Suite struct SupervisedLogTests {
  static let lines: [(String, LogEvent?)] = [
    ("<5>speech: ready", LogEvent(level: .notice, module: "speech", message: "ready")),
    ("<3>a: b: c", LogEvent(level: .error, module: "a", message: "b: c")),
    ("<9>a: b", LogEvent(level: .info, module: "a", message: "b")),
    ("plain: text", nil), ("<x>a: b", nil), ("<5", nil), ("", nil), ("<5>no message", nil),
  ]

  @Test(arguments: lines)
  func aSupervisedProgramsLineKeepsItsLevel(line: String, event: LogEvent?) {
    #expect(LogEvent(supervised: line) == event)
  }
}
