// SPDX-License-Identifier: Apache-2.0
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
