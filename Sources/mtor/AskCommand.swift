// SPDX-License-Identifier: Apache-2.0
import Glibc
import JSON
import Posix
import Runtime
import Workers

extension Commands {
  static let ask = Command(
    name: "ask",
    summary: "Give a command in words, or ask a realm something",
    details: """
      The text goes the way a transcript goes: it is matched with the configured sentences and the automation
      of the command runs; what is no command goes where the configuration's routing says. With --realm the
      workers of that realm are asked. An answer is written as it comes. Exits with 1 when the text is no
      command, nobody answered in time, or the automation failed: 'mtor why' tells more. When no mtor is
      running, one runs for the length of the command.
      """,
    arguments: [Argument("TEXT", "The command or the question.", count: .any)],
    options: [
      Option("realm", value: "REALM", "Ask this realm, such as '$CHAT' or CHAT."),
      Option("image", value: "FILE", "An image that belongs to it; without --realm $VISION is asked."),
      Option("audio", value: "FILE", "A sound that belongs to it; without a text its words are the text."),
      Option("model", value: "NAME", "A model, a worker or a pool that is to answer."),
      Option("output", short: "o", value: "FILE", "Where the image or sound of the answer goes."),
      timeout, .config, .board, .json,
    ],
    examples: [
      Example("mtor ask turn on the kitchen light", "Quotes are not needed."),
      Example("mtor ask --realm CHAT --timeout 60s why is the sky blue", "The answer comes word by word."),
      Example("mtor ask --image door.jpg is somebody at the door", "Asks a model that sees."),
      Example("mtor ask --realm SPEAK -o hello.wav hello", "Text to speech into a file."),
    ],
    run: { invocation throws(CommandFailure) in
      var request = ControlRequest(
        .ask, text: invocation.arguments.joined(separator: " "), budgetMS: try budget(invocation))
      request.realm = invocation.value("realm").map { $0.hasPrefix("$") ? $0 : "$\($0.uppercased())" }
      request.model = invocation.value("model")
      var media: [[UInt8]] = []
      for option in ["image", "audio"] {
        guard let path = invocation.value(option) else { continue }
        let bytes = try MediaFile.read(path)
        let type = try MediaFile.type(of: bytes, option, path)
        media.append(bytes)
        request.media = (request.media ?? []) + [ControlRequest.Media(type: type, count: bytes.count)]
      }
      if invocation.arguments.isEmpty, media.isEmpty {
        throw CommandFailure(.usage, "nothing to ask: give a text, --image or --audio.")
      }
      let (asked, bytes) = (request, media)
      return try DaemonAccess.use(invocation) { directory, _ throws(CommandFailure) in
        try sendQuestion(asked, bytes, invocation, directory)
      }
    })

  private static func sendQuestion(
    _ request: ControlRequest, _ media: [[UInt8]], _ invocation: Invocation, _ directory: String
  ) throws(CommandFailure) -> ExitCode {
    let printer = AnswerPrinter(invocation)
    let silence: Duration = .milliseconds(Int64(request.budgetMS ?? 30_000) + 61_000)
    defer { printer.endLine() }
    try exchange(request, invocation, in: directory, silenceMax: silence, media: media) { printer.take($0) }
    if let failure = printer.failure { throw failure }
    return .success
  }
}

/// Writes an answer as it comes.
private final class AnswerPrinter {
  private let invocation: Invocation
  private var hasPieces = false
  private var files = 0
  private(set) var failure: CommandFailure?

  init(_ invocation: Invocation) { self.invocation = invocation }

  func take(_ reply: ControlReply) {
    if invocation.wantsJSON {
      if reply.media != nil { return take(media: reply.media) }
      if reply.done != nil { try? Output.json(reply) }
      return
    }
    if let heard = reply.heard { Output.error("heard: \(heard)") }
    if let piece = reply.piece {
      hasPieces = true
      Output.text(piece)
    }
    take(media: reply.media)
    guard let done = reply.done else { return }
    if hasPieces { endLine() } else if !done.isEmpty, done != "ok" { Output.line(done) }
  }

  func endLine() {
    if hasPieces { Output.line("") }
    hasPieces = false
  }

  private func take(media: MediaReport?) {
    guard let media, let bytes = Base64.decode(media.base64) else { return }
    guard let path = invocation.value("output") else {
      return Output.error("\(media.type), \(bytes.count) bytes: --output FILE keeps it")
    }
    files += 1
    do throws(CommandFailure) {
      try MediaFile.write(bytes, to: files == 1 ? path : "\(path).\(files)")
    } catch { failure = error }
  }
}

/// Sounds and images in files.
enum MediaFile {
  static let bytesMax = ControlServer.mediaMaxBytes

  static func read(_ path: String) throws(CommandFailure) -> [UInt8] {
    do throws(SystemError) {
      let file = try FileDescriptor.open(path, O_RDONLY)
      var bytes: [UInt8] = []
      while case let piece = try file.read(upTo: 256 << 10), !piece.isEmpty {
        bytes += piece
        if bytes.count > bytesMax {
          throw SystemError("\(path): more than \(bytesMax >> 20) MiB", errno: EFBIG)
        }
      }
      return bytes
    } catch { throw CommandFailure(.noInput, "\(error)") }
  }

  static func write(_ bytes: [UInt8], to path: String) throws(CommandFailure) {
    do throws(SystemError) {
      let file = try FileDescriptor.open(path, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644)
      var rest = bytes[...]
      while !rest.isEmpty { rest = rest.dropFirst(try file.write(rest)) }
    } catch { throw CommandFailure(.cannotWrite, "\(error)") }
  }

  private static let beginnings: [(type: String, bytes: [UInt8])] = [
    ("image/jpeg", [0xff, 0xd8]), ("image/png", [0x89, 0x50, 0x4e, 0x47]), ("image/gif", Array("GIF8".utf8)),
    ("audio/ogg", Array("OggS".utf8)), ("audio/flac", Array("fLaC".utf8)), ("audio/mpeg", Array("ID3".utf8)),
    ("audio/mpeg", [0xff, 0xfb]), ("audio/webm", [0x1a, 0x45, 0xdf, 0xa3]),
  ]

  /// By the first bytes: names lie.
  static func type(of bytes: [UInt8], _ kind: String, _ path: String) throws(CommandFailure) -> String {
    var type = beginnings.first { bytes.starts(with: $0.bytes) }?.type
    if bytes.starts(with: Array("RIFF".utf8)), bytes.count > 12 {
      type = bytes[8..<12].elementsEqual("WAVE".utf8) ? "audio/wav" : "image/webp"
    }
    guard let type, type.hasPrefix(kind) else {
      let known = kind == "image" ? "JPEG, PNG, GIF, WebP" : "WAV, Ogg, FLAC, MP3, WebM"
      throw CommandFailure(.dataError, "\(path): no \(kind) that is known (\(known)).")
    }
    return type
  }
}
