// SPDX-License-Identifier: Apache-2.0
import Glibc
import Posix
import SpeechWorker
import TestSupport
import Testing

extension SpeechWorkerTests {
  /// The real program with what it cannot use: a clear text and sysexits' codes, never a crash.
  @Suite(.serialized) struct ProgramTests {
    private let directory = TemporaryDirectory()

    static let cases: [(arguments: String, code: Int32, text: String)] = [
      ("--help", 0, "--wake 'PHRASE"),
      ("--version", 0, "mtor-speech"),
      ("--wake", 64, "needs a value"),
      ("--wake 'hey xyzzyx'", 78, "'xyzzyx'"),
      ("--grammar /nonexistent.jsgf", 78, "/nonexistent.jsgf"),
      ("--wake 'hey jarvis' --model /nonexistent", 69, "pocketsphinx-en-us"),
      ("--voice nobody", 69, "no voice 'nobody'"),
      ("--uri unix:///nonexistent/a.sock", 69, "/nonexistent/a.sock"),
    ]

    @Test(arguments: cases)
    func badInputEndsWithItsCodeAndText(_ arguments: String, _ code: Int32, _ text: String) throws {
      let socket = arguments.contains("--uri") ? "" : "--uri unix://\(directory.file("a.sock")) "
      let result = try run(socket + arguments)
      #expect(result.code == code, "\(result.output)")
      #expect(result.output.contains(text), "\(result.output)")
    }

    /// Files whose damage shows when the recogniser loads them. (Of the dictionary only missing words show.)
    static let damages: [(file: String, damages: [DamagedModel.Damage])] =
      DamagedModel.acousticFiles.map { ($0, DamagedModel.Damage.allCases) } + [
        ("feat.params", [.missing, .empty]), ("cmudict-en-us.dict", [.missing, .empty]),
        ("en-us-phone.lm.bin", DamagedModel.Damage.allCases),
      ]

    @Test(arguments: damages)
    func aDamagedModelIsNamedWithItsFileAndItEndsInOrder(
      _ file: String, _ damages: [DamagedModel.Damage]
    ) throws {
      directory.write("commands.jsgf", Spoken.grammar)
      for damage in damages {
        let place = TemporaryDirectory()
        let model = try DamagedModel.make(file, damage, in: place)
        let result = try run(
          "--uri unix://\(directory.file("d.sock")) --wake 'hey jarvis' "
            + "--grammar \(directory.file("commands.jsgf")) --model \(model.folder)")
        #expect(result.code == 69, "\(file), \(damage): \(result.output)")
        #expect(
          result.output.contains("/\(file)") && result.output.contains("pocketsphinx-en-us"),
          "\(file), \(damage): \(result.output)")
      }
    }

    @Test func afterAKillItStartsAgainAndTwentyReloadsDoNotGrow() throws {
      directory.write("commands.jsgf", "#JSGF V1.0;\ngrammar c;\npublic <c> = stop the music;\n")
      let options =
        "--uri unix://\(directory.file("b.sock")) --grammar \(directory.file("commands.jsgf"))"
      let killed = try Program(options, at: Self.program)
      #expect(killed.reads("ready on"))
      kill(killed.id, SIGKILL)
      #expect(killed.end() == SIGKILL)
      let program = try Program(options, at: Self.program)
      #expect(program.reads("ready on"))
      // The first reloads make room for two decoders, which is kept.
      #expect(program.reload(times: 5))
      let before = try program.residentPages()
      #expect(program.reload(times: 20))
      let more = try program.residentPages() - before
      // The address sanitizer keeps what was freed; it tells leaks itself.
      #expect(Instruments.isSanitized || more < (2 << 20) / Int(getpagesize()), "\(more) pages")
      kill(program.id, SIGTERM)
      #expect(program.end() == 0)
    }

    /// The one that was built with the tests, as a sanitizer's run has its own.
    private static let program = "\(OwnProgram.directory ?? ".build/debug")/mtor-speech"

    private func run(_ arguments: String) throws -> (output: String, code: Int32) {
      let pipe = try #require(
        popen("SWIFT_BACKTRACE=enable=no timeout 60 \(Self.program) \(arguments) 2>&1", "r"))
      var output: [UInt8] = []
      var buffer = [UInt8](repeating: 0, count: 4_096)
      while case let count = fread(&buffer, 1, buffer.count, pipe), count > 0 {
        output.append(contentsOf: buffer[..<count])
      }
      let status = pclose(pipe)
      return (String(decoding: output, as: UTF8.self), status & 0x7F == 0 ? status >> 8 : -1)
    }
  }
}

/// A running program whose output is read line by line.
private final class Program {
  let id: pid_t
  private let output: UnsafeMutablePointer<FILE>

  init(_ arguments: String, at path: String) throws {
    output = try #require(popen("echo $$; exec \(path) \(arguments) 2>&1", "r"))
    var line = [CChar](repeating: 0, count: 1_024)
    id = pid_t(fgets(&line, 1_024, output).map { atoi($0) } ?? 0)
    try #require(id > 0)
  }

  /// Reads up to a line with `text`; false when the program ends before it.
  func reads(_ text: String) -> Bool {
    var line = [CChar](repeating: 0, count: 1_024)
    while let read = fgets(&line, 1_024, output) {
      if String(cString: read).contains(text) { return true }
    }
    return false
  }

  func reload(times: Int) -> Bool {
    (0..<times).allSatisfy { _ in kill(id, SIGHUP) == 0 && reads("read again") }
  }

  func residentPages() throws -> Int {
    let file = try #require(fopen("/proc/\(id)/statm", "r"))
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 128)
    let fields = try #require(fgets(&line, 128, file).map { String(cString: $0) }).split(separator: " ")
    return try #require(Int(fields[1]))
  }

  /// Waits for the end: the exit code, or the signal that was it.
  func end() -> Int32 {
    let status = pclose(output)
    return status & 0x7F == 0 ? status >> 8 : status & 0x7F
  }
}
