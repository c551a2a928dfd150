// SPDX-License-Identifier: Apache-2.0
import Glibc
import Loop
import TestSupport
import Testing

@testable import Posix
@testable import Runtime

extension EndToEndTests {
  /// Commands that cannot do what they were asked, as a shell sees them: exit code and text.
  @Suite struct CommandTroubleTests {
    struct Trouble: Sendable, CustomTestStringConvertible {
      let line: String
      let code: Int32
      /// All of them are told.
      let texts: [String]
      var testDescription: String { line }

      init(_ line: String, _ code: Int32, _ texts: String...) {
        self.line = line
        self.code = code
        self.texts = texts
      }
    }

    /// Runs `line` as a shell would; `{dir}` stands for the directory.
    @LoopActor private static func check(
      _ trouble: Trouble, in directory: TemporaryDirectory
    ) async throws {
      let program = Programs.path("mtor")
      let line = trouble.line.replacing("mtor ", with: "\(program) ").replacing("{dir}", with: directory.path)
      let result = try await Programs.run(
        ["sh", "-c", line], environment: ["MTOR_RUNTIME_DIR=\(directory.path)"])
      #expect(result.code == trouble.code, "\(line): \(result.output)")
      for text in trouble.texts {
        let text = text.replacing("{dir}", with: directory.path)
        #expect(result.output.contains(text), "\(line): \(result.output)")
      }
    }

    static let alone = [
      Trouble("mtor ask", 64, "nothing to ask: give a text, --image or --audio."),
      Trouble("mtor ask --timeout soon hello", 64, "--timeout: 'soon'"),
      Trouble("mtor ask --timeout 99999999999h hello", 64, "--timeout: '99999999999h' is out of range."),
      Trouble("mtor ask --image {dir}/none.jpg", 66, "open {dir}/none.jpg: No such file or directory"),
      Trouble(
        "mtor ask --image {dir}/text", 65, "{dir}/text: no image that is known (JPEG, PNG, GIF, WebP)."),
      Trouble(
        "mtor ask --audio {dir}/text", 65, "{dir}/text: no audio that is known (WAV, Ogg, FLAC, MP3, WebM)."),
      Trouble("mtor ask --audio {dir}/big", 66, "{dir}/big: more than 4 MiB"),
      Trouble(
        "TMPDIR={dir}/none mtor gpio get", 69,
        "make a folder in {dir}/none: No such file or directory. TMPDIR names another."),
      Trouble(
        "mtor gpio get --config {dir}/text", 69, "{dir}/text:1",
        "no mtor is running, and one of this command's own did not start."),
      Trouble("ulimit -n 4; mtor gpio get", 70, "Too many open files"),
      Trouble("mtor gpio get --board sim nolight", 1, "no line 'nolight'. Lines: "),
      Trouble("mtor gpio watch --board sim nolight", 1, "no line 'nolight'. Lines: "),
      Trouble("mtor listen --now --config {dir}/quiet.yml", 69, "the microphone is off (microphone.source)"),
      Trouble(
        "mtor record --config {dir}/quiet.yml {dir}/a.wav", 78, "the microphone is off (microphone.source)."),
      Trouble(
        "mtor record --config {dir}/file.yml {dir}/none/a.wav", 73,
        "recording {dir}/none/a.wav stopped: No such file or directory"),
      Trouble("mtor check {dir}/none.yml", 66, "{dir}/none.yml"),
      Trouble(
        "MTOR_RUNTIME_DIR={dir}/text mtor run --board sim", 77,
        "use {dir}/text, which is somebody else's: Operation not permitted. MTOR_RUNTIME_DIR names another"),
      Trouble(
        "MTOR_RUNTIME_DIR={dir}/none/there mtor run --board sim", 77,
        "make {dir}/none/there: No such file or directory. MTOR_RUNTIME_DIR names another directory."),
      Trouble("mtor workers add llm kind", 64, "'kind': write KEY=VALUE, such as kind=openai."),
      Trouble(
        "mtor workers", 69, "no daemon is running here ({dir}/control.sock). Start one with 'mtor run'."),
      Trouble(
        "mtor automation test {dir}/quiet.yml --start noon", 64, "--start noon: write '2026-03-29 01:30'."),
      Trouble(
        "mtor automation test {dir}/quiet.yml --events {dir}/none", 66, "open {dir}/none: No such file"),
      Trouble(
        "mtor automation test {dir}/quiet.yml --events {dir}/text", 65, "{dir}/text:1: not a JSON object"),
      Trouble(
        "mtor automation test {dir}/quiet.yml --events {dir}/events", 65,
        "{dir}/events:2: 'door' is not a trigger"),
      Trouble(
        "mtor worker-probe http://127.0.0.1:9 --timeout 2s", 69,
        "http://127.0.0.1:9: nobody answers there, or nothing that is known. --kind says what it should be."),
      Trouble("mtor worker-probe 'http://a b'", 69, "http://a b: not a usable request: white space in it"),
      Trouble(
        "LD_LIBRARY_PATH={dir} mtor worker-probe http://127.0.0.1:9", 69,
        "{dir}/libcurl.so.4: file too short. Install it: apt-get install libcurl4"),
    ]

    @Test(arguments: alone) func whatCannotBeDoneIsSaidWithItsCode(_ trouble: Trouble) async throws {
      let directory = TemporaryDirectory()
      directory.write("text", "Once upon a time\n")
      truncate(directory.write("big", ""), ControlServer.mediaMaxBytes + 1)
      directory.write("quiet.yml", "board: sim\nmicrophone: {device: \"off\"}\n")
      directory.write("file.yml", "board: sim\nmicrophone: {file: \(directory.file("big"))}\n")
      directory.write("libcurl.so.4", "of another machine")
      directory.write("events", "{\"at\": \"5s\"}\n{\"trigger\": \"door\"}\n")
      try await onLoop { try await Self.check(trouble, in: directory) }
    }

    /// What a daemon of another version, or one that is ending, may say.
    static let strangers: [(says: String, then: Stranger.Then, trouble: Trouble)] = [
      ("", .close, Trouble("mtor status", 69, "the daemon has gone: ")),
      ("", .hear, Trouble("mtor status", 69, "the daemon has gone: Connection reset by peer")),
      (
        "{\"piece\": \"It \"}\n", .hear,
        Trouble("mtor ask hello", 69, "It \n", "the daemon has gone: Connection reset by peer")
      ),
      ("", .hear, Trouble("mtor ask --image {dir}/a.gif what is it", 69, "the daemon has gone: ")),
      ("good day\n", .hold, Trouble("mtor status", 69, "{dir}/control.sock answers in another language: ")),
      ("{\"done\": \"ok\"}\n", .hold, Trouble("mtor status", 70, "the daemon left out what was asked")),
      ("{\"done\": \"ok\"}\n", .hold, Trouble("mtor why i", 70, "the daemon left out what was asked")),
      ("{\"error\": \"No.\"}\n", .hold, Trouble("mtor reload", 1, "mtor: No.")),
      ("{\"error\": \"No.\"}\n", .hold, Trouble("mtor why i --json", 1, "{\"error\":\"No.\"}", "mtor: No.")),
      (
        "{\"media\": {\"type\": \"audio/wav\", \"base64\": \"UklGRg==\"}}\n{\"done\": \"ok\"}\n", .hold,
        Trouble("mtor ask -o {dir}/none/a.wav hello", 73, "open {dir}/none/a.wav: No such file or directory")
      ),
    ]

    @Test(arguments: strangers.indices)
    func aDaemonThatDoesNotAnswerAsItShouldIsToldSo(_ index: Int) async throws {
      let (says, then, trouble) = Self.strangers[index]
      let directory = TemporaryDirectory()
      // More than a socket holds.
      truncate(directory.write("a.gif", "GIF8"), 1 << 20)
      let daemon = try Stranger(directory.file("control.sock"), says: says, then)
      try await onLoop { try await Self.check(trouble, in: directory) }
      daemon.stop()
    }

    /// The program alone in a folder, without what is installed beside it.
    @Test func theDemoSaysWhatIsMissingBesideIt() async throws {
      try await onLoop {
        let directory = TemporaryDirectory()
        let copy = "cp mtor {dir}/alone && {dir}/alone demo"
        let missing = Trouble(copy, 69, "scripts/sound-server is not beside this program; reinstall it.")
        try await Self.check(missing, in: directory)
      }
    }
  }
}

/// Says the same to everyone, from a thread of its own: the loop may be busy with other tests.
final class Stranger: Sendable {
  enum Then: Sendable { case hold, close, hear }

  private let listening: Int32
  private let thread: DetachedThread

  init(_ path: String, says: String, _ then: Then) throws {
    let listening = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    self.listening = listening
    let code = try SocketAddress.unix(path).withPointer { bind(listening, $0, $1) }
    try #require(code == 0 && listen(listening, 8) == 0)
    thread = DetachedThread {
      var clients: [Int32] = []
      while case let client = accept(listening, nil, nil), client >= 0 {
        _ = send(client, says, says.utf8.count, Int32(MSG_NOSIGNAL))
        var byte: UInt8 = 0
        if then == .hear { _ = read(client, &byte, 1) }
        if then == .hold { clients.append(client) } else { Self.end(client) }
      }
      for client in clients { Self.end(client) }
    }
  }

  /// Also when a program that is just being started still has a copy of it.
  private static func end(_ client: Int32) {
    shutdown(client, Int32(SHUT_RDWR))
    close(client)
  }

  func stop() {
    shutdown(listening, Int32(SHUT_RDWR))
    thread.join()
    close(listening)
  }
}
