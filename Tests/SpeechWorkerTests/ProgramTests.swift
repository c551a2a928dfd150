// SPDX-License-Identifier: Apache-2.0
import Glibc
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

    private func run(_ arguments: String) throws -> (output: String, code: Int32) {
      let program = "\(#filePath)".replacingSuffix(
        "Tests/SpeechWorkerTests/ProgramTests.swift", ".build/debug/mtor-speech")
      let pipe = try #require(popen("SWIFT_BACKTRACE=enable=no timeout 60 \(program) \(arguments) 2>&1", "r"))
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

extension String {
  fileprivate func replacingSuffix(_ suffix: String, _ replacement: String) -> String {
    hasSuffix(suffix) ? dropLast(suffix.count) + replacement : self
  }
}
