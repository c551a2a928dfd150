// SPDX-License-Identifier: Apache-2.0
import HTTPServer
import JSON
import Log
import Posix
import Runtime
import SpeechWorker

extension FuzzTarget {
  /// A sound file: samples that are all in the file, or an error that says what is wrong.
  static let wav = FuzzTarget("wav", inputMaxBytes: 1024) { input in
    let bytes = [UInt8](input)
    guard let header = try? WAVHeader(bytes) else {
      return Promise.holds((try? SoundFile.decode(bytes)) == nil, "without a header there is no sound")
    }
    Promise.holds(header.dataOffset + header.dataBytes <= bytes.count, "\(header) is in \(bytes.count) bytes")
    let sound = try? SoundFile.decode(bytes)
    Promise.holds(sound?.samples.count == header.frames * header.channels, "\(header) has its samples")
  }

  /// A call of a webhook: method, path and authorization in the first three lines, then its body.
  static let webhook = FuzzTarget("webhook") { input in
    var gate = WebhookGate()
    let token = "a token of some length"
    Promise.holds(gate.set("parcel", token: token), "the token is long enough")
    let parts = [UInt8](input).split(separator: 0x0A, maxSplits: 3, omittingEmptySubsequences: false)
    func text(_ index: Int) -> String {
      parts.indices.contains(index) ? String(decoding: parts[index], as: UTF8.self) : ""
    }
    let request = HTTPServer.Request(
      method: text(0), path: text(1), authorization: parts.count > 2 ? text(2) : nil,
      body: parts.count > 3 ? Array(parts[3]) : [])
    switch gate.judge(request) {
    case .call(let name, _):
      Promise.holds(name == "parcel" && request.method == "POST", "\(request.path) is a webhook")
      Promise.holds(text(2).hasSuffix(" \(token)"), "'\(text(2))' is its token")
    case .refuse(let status, let text):
      Promise.holds([400, 401, 404, 405].contains(status) && !text.isEmpty, "\(status) is a refusal")
    }
  }

  /// What comes over the control socket, either way.
  static let control = FuzzTarget("control") { input in
    let bytes = [UInt8](input)
    check(ControlRequest.self, bytes)
    check(ControlReply.self, bytes)
  }

  private static func check<Message: Codable & Equatable>(_ type: Message.Type, _ bytes: [UInt8]) {
    guard let message = try? JSONText.decode(type, from: bytes) else { return }
    let again = (try? JSONText.encode(message)).flatMap { try? JSONText.decode(type, from: $0) }
    Promise.holds(again == message, "\(message) survives being sent on")
  }

  /// What a child writes, cut into lines: the same however it comes.
  static let lines = FuzzTarget("lines") { input in
    for limit in [7, 2048] {
      let whole = split(input, pieceBytes: max(1, input.count), limit)
      let pieces = split(input, pieceBytes: 1 + input.count % 61, limit)
      Promise.holds(pieces == whole, "any split gives \(whole)")
      for line in whole {
        // A byte that is not UTF-8 becomes a sign of three.
        Promise.holds(line.utf8.count <= 3 * limit && !line.utf8.contains(0x0A), "'\(line)' is one line")
      }
    }
  }

  private static func split(_ input: UnsafeRawBufferPointer, pieceBytes: Int, _ limit: Int) -> [String] {
    var splitter = LineSplitter(lineBytesMax: limit)
    var lines: [String] = []
    for start in stride(from: 0, to: input.count, by: pieceBytes) {
      let piece = input[start..<min(start + pieceBytes, input.count)]
      splitter.append(UnsafeRawBufferPointer(rebasing: piece)) { lines.append($0) }
    }
    splitter.finish { lines.append($0) }
    return lines
  }

  /// A line that a supervised program wrote, as it goes into our log.
  static let log = FuzzTarget("log") { input in
    let text = text(input)
    for event in [LogEvent(supervised: text), LogEvent(level: .info, module: "m", message: text)] {
      guard let message = event?.escapedMessage else { continue }
      let isSafe = message.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f }
      Promise.holds(isSafe, "'\(message)' cannot steer a terminal")
      Promise.holds(message.utf8.count <= 8 * text.utf8.count, "an escape is short")
    }
    _ = LogLevel(name: text)
  }

  /// The command line of `mtor-speech`, one argument a line.
  static let options = FuzzTarget("options") { input in
    let arguments = text(input).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    do throws(UsageError) {
      guard case .serve(let options) = try WorkerOptions.parse(arguments) else { return }
      Promise.holds((1...16).contains(options.sessionsMax), "\(options.sessionsMax) sessions")
      Promise.holds((-100...100).contains(options.marginMin), "a margin of \(options.marginMin)")
      for phrase in options.phrases {
        Promise.holds(!phrase.phrase.isEmpty && phrase.threshold > 0, "\(phrase) can be said")
      }
    } catch { Promise.holds(!error.description.isEmpty, "an error has a text") }
  }

  /// Where a service listens; what is written reads back.
  static let endpoint = FuzzTarget("endpoint", inputMaxBytes: 256) { input in
    let text = text(input)
    do throws(EndpointError) {
      let endpoint = try Endpoint(text)
      Promise.holds((try? Endpoint(endpoint.description)) == endpoint, "\(endpoint) reads back")
      if let address = SocketAddress(endpoint), case .unix = endpoint {
        Promise.holds(address.endpoint == endpoint, "\(endpoint) keeps its path: \(address.endpoint)")
      }
    } catch { Promise.holds(!error.problem.isEmpty, "an error has a text") }
  }
}
