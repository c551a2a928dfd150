// SPDX-License-Identifier: Apache-2.0
import HTTPClient
import Intents
import JSON
import Workers

extension FuzzTarget {
  /// An address, and below it a second one that a server sends the first on to.
  static let url = FuzzTarget("url", inputMaxBytes: 512) { input in
    let lines = text(input).split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
    guard let base = checkedURL(String(lines[0]), relativeTo: nil), lines.count == 2 else { return }
    _ = checkedURL(String(lines[1]), relativeTo: base)
  }

  private static func checkedURL(_ text: String, relativeTo base: HTTPURL?) -> HTTPURL? {
    do throws(HTTPError) {
      let url = try HTTPURL(text, relativeTo: base)
      Promise.holds(url.text.hasPrefix("http"), "\(url) is of HTTP")
      Promise.holds(!url.host.isEmpty && !url.host.contains("/"), "\(url) has a host: \(url.host)")
      Promise.holds(!url.description.contains { "?#".contains($0) }, "\(url) hides what may be secret")
      let again = try? HTTPURL(url.text)
      Promise.holds(
        again?.text == url.text && again?.origin == url.origin, "\(url.text) is \(again?.text ?? "none")")
      return url
    } catch {
      Promise.holds(!"\(error)".isEmpty, "an error has a text")
      return nil
    }
  }

  /// Any bytes as base64 and back, and any text that should be base64.
  static let base64 = FuzzTarget("base64", inputMaxBytes: 1024) { input in
    let bytes = [UInt8](input)
    let coded = Base64.encode(bytes)
    Promise.holds(coded.utf8.count == (bytes.count + 2) / 3 * 4, "\(coded) has its length")
    Promise.holds(Base64.decode(coded) == bytes, "\(coded) reads back")
    guard let decoded = Base64.decode(text(input)) else { return }
    Promise.holds(decoded.count <= bytes.count * 3 / 4, "\(decoded.count) bytes of \(bytes.count)")
    Promise.holds(Base64.decode(Base64.encode(decoded)) == decoded, "what was read is written")
  }

  /// A stream of server-sent events: the same in any pieces.
  static let events = FuzzTarget("events") { input in
    let whole = events(input, pieceBytes: max(1, input.count))
    let pieces = events(input, pieceBytes: 1 + input.count % 61)
    Promise.holds(whole == pieces, "any split of a stream gives \(whole)")
    for event in whole {
      Promise.holds(!event.name.utf8.contains { $0 == 0x0a || $0 == 0x0d }, "a name is a line: \(event)")
      Promise.holds(event.data.utf8.count <= 3 * input.count, "no data is made up: \(event)")
    }
  }

  private static func events(_ input: UnsafeRawBufferPointer, pieceBytes: Int) -> [EventStream.Event] {
    var stream = EventStream()
    var events: [EventStream.Event] = []
    for piece in input.pieces(pieceBytes) {
      do throws(EventStream.TooLarge) {
        events += try stream.receive(piece)
      } catch { Promise.holds(false, "inputs are smaller than an event may be") }
    }
    return events
  }

  /// The answer of a service over HTTP; the first byte says of which.
  static let answer = FuzzTarget("answer") { input in
    guard let first = input.first else { return }
    let (dialect, type) = answers[Int(first) % answers.count]
    let body = UnsafeRawBufferPointer(rebasing: input.dropFirst())
    let head = HTTPHead(status: 200, fields: type.map { [HTTPField("Content-Type", $0)] } ?? [])
    let whole = Answer(body, pieceBytes: max(1, body.count), dialect.reader(head))
    let pieces = Answer(body, pieceBytes: 1 + body.count % 61, dialect.reader(head))
    Promise.holds(whole.end == pieces.end, "any split of an answer gives \(whole): \(pieces)")
    if case .payload(let payload) = whole.end {
      // What is not UTF-8 takes three bytes; an escape in JSON never fewer than what it stands for.
      Promise.holds(payload.text.utf8.count <= 3 * body.count, "no text is made up: \(payload)")
      if !whole.passedOn.isEmpty { Promise.holds(whole.passedOn == payload.text, "\(whole) was passed on") }
    }
    if case .failure(let text) = whole.end {
      // A sign that was cut is replaced by one of three bytes.
      let isShort = text.utf8.count <= DialectError.textMaxBytes + 8
      Promise.holds(!text.isEmpty && isShort && !text.utf8.contains(0x0a), "'\(text)' is a short line")
    }
    let answer = try? JSONText.value([UInt8](body))
    for index in dialect.probePaths.indices { _ = dialect.capabilities(index, answer) }
    _ = (dialect.slotsPath(answer), dialect.slots(answer))
  }

  private static let stream = "text/event-stream"
  /// Who answers, and with what.
  private static let answers: [(dialect: any HTTPDialect, type: String?)] = {
    let anthropic = AnthropicDialect(model: "m")
    var answers: [(any HTTPDialect, String?)] = [
      (OpenAIDialect(.chat), stream), (anthropic, stream), (anthropic, nil),
      (MtorDialect(node: "n"), stream),
    ]
    for task in WorkerTask.allCases {
      answers.append((OpenAIDialect(task), nil))
      answers.append((RentAHalDialect(task), nil))
    }
    return answers
  }()

  /// A worker's text that is spoken sentence by sentence.
  static let sentences = FuzzTarget("sentences") { input in
    let text = text(input)
    var splitter = SentenceSplitter()
    var sentences: [String] = []
    let scalars = Array(text.unicodeScalars)
    let count = 1 + scalars.count % 17
    for start in stride(from: 0, to: scalars.count, by: count) {
      var piece = String.UnicodeScalarView()
      piece.append(contentsOf: scalars[start..<min(start + count, scalars.count)])
      sentences += splitter.add(String(piece))
    }
    if let last = splitter.finish() { sentences.append(last) }
    for sentence in sentences {
      let length = sentence.unicodeScalars.count
      Promise.holds(length <= SentenceSplitter.lengthMax, "\(length) scalars can be spoken: \(sentence)")
      Promise.holds(!spoken(sentence).isEmpty, "'\(sentence)' can be spoken")
    }
    Promise.holds(sentences.flatMap(spoken) == spoken(text), "no word is lost: \(sentences)")
  }

  /// Letters, vowel signs and numbers.
  private static func spoken(_ text: String) -> [Unicode.Scalar] {
    text.unicodeScalars.filter { $0.properties.isAlphabetic || $0.properties.numericType != nil }
  }
}

/// What came of an answer.
private struct Answer {
  enum End: Equatable {
    case payload(Payload)
    case failure(String)
  }

  var passedOn = ""
  var end: End

  init(_ bytes: UnsafeRawBufferPointer, pieceBytes: Int, _ reader: any AnswerReader) {
    var reader = reader
    do throws(DialectError) {
      for piece in bytes.pieces(pieceBytes) { passedOn += try reader.receive(piece)?.text ?? "" }
      end = .payload(try reader.end())
    } catch { end = .failure(error.text) }
  }
}

extension UnsafeRawBufferPointer {
  /// Cut up, all of one size but the last.
  func pieces(_ size: Int) -> [UnsafeRawBufferPointer] {
    stride(from: 0, to: count, by: size).map {
      UnsafeRawBufferPointer(rebasing: self[$0..<Swift.min($0 + size, count)])
    }
  }
}
