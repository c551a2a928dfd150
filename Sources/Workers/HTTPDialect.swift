// SPDX-License-Identifier: Apache-2.0
import HTTPClient
import Intents
import JSON
import Time

/// What a worker that speaks HTTP is there for. Raw values are the configuration's words.
public enum WorkerTask: String, Sendable, CaseIterable {
  /// Text to text; images and sounds in the request are passed on to models that take them.
  case chat
  /// Speech to text.
  case transcribe
  /// Text to speech.
  case speak
  /// Text to image.
  case imagine
}

/// How one protocol puts an intent over HTTP and reads the answer. A value, without I/O.
package protocol HTTPDialect: Sendable {
  /// What to send for an intent.
  /// - Throws: `WorkerFailure.Kind.unsupported` when the intent has nothing for this kind of work.
  func ask(_ request: WorkerRequest, budget: Duration) throws(DialectError) -> HTTPAsk
  /// Reads the answer to one request.
  func reader(_ head: HTTPHead) -> any AnswerReader
  /// Paths asked for a sign of life, one after the other until one answers other than 404 or 405.
  var probePaths: [String] { get }
  /// What the answer to the `index`th of them says; nil: it is not JSON.
  func capabilities(_ index: Int, _ answer: JSONValue?) -> Capabilities
  /// Where a server with such an answer tells how many requests it does at a time; nil: nowhere.
  func slotsPath(_ answer: JSONValue?) -> String?
  /// What it tells there; nil: nothing.
  func slots(_ answer: JSONValue?) -> Int?
}

extension HTTPDialect {
  package func slotsPath(_ answer: JSONValue?) -> String? { nil }
  package func slots(_ answer: JSONValue?) -> Int? { nil }
}

/// A request without the parts that all requests to a worker share.
package struct HTTPAsk: Sendable {
  var method = "POST"
  /// From the worker's address on.
  var path: String
  var fields: [HTTPField] = []
  var body: [UInt8]

  init(_ path: String, fields: [HTTPField] = [], body: [UInt8]) {
    self.path = path
    self.fields = fields
    self.body = body
  }

  init(_ path: String, json: JSONObject, fields: [HTTPField] = []) {
    var body: [UInt8] = []
    body.reserveCapacity(128)
    JSONWriter().append(json, to: &body)
    var fields = fields
    fields.append(HTTPField("Content-Type", "application/json"))
    self.init(path, fields: fields, body: body)
  }
}

/// Makes an answer of the bytes of a successful response.
package protocol AnswerReader {
  /// - Returns: what can be passed on already; nil: nothing.
  mutating func receive(_ bytes: UnsafeRawBufferPointer) throws(DialectError) -> Payload?
  /// The whole answer, once the response has come to its end.
  mutating func end() throws(DialectError) -> Payload
}

package struct DialectError: Error {
  /// Of its text, at most: it may be a server's own, of any length.
  package static let textMaxBytes = 500

  package let kind: WorkerFailure.Kind
  /// One line, never empty.
  package let text: String

  /// - Parameter text: the first line that says something counts.
  init(_ kind: WorkerFailure.Kind, _ text: String) {
    self.kind = kind
    let line = text.utf8.drop { Self.isBreak($0) || $0 == 0x20 || $0 == 0x09 }.prefix { !Self.isBreak($0) }
    let said = String(decoding: line.prefix(Self.textMaxBytes), as: UTF8.self)
    self.text = said.isEmpty ? "it does not say why" : said
  }

  private static func isBreak(_ byte: UInt8) -> Bool { byte == 0x0a || byte == 0x0d }
}

/// Collects a body that is read as a whole.
struct WholeBody: AnswerReader {
  let read: (_ body: [UInt8]) throws(DialectError) -> Payload
  private var bytes: [UInt8] = []

  init(_ read: @escaping (_ body: [UInt8]) throws(DialectError) -> Payload) { self.read = read }

  /// Of a JSON answer.
  static func json(_ read: @escaping (JSONValue) throws(DialectError) -> Payload) -> WholeBody {
    WholeBody { (body) throws(DialectError) in try read(try Self.parse(body)) }
  }

  package mutating func receive(_ bytes: UnsafeRawBufferPointer) throws(DialectError) -> Payload? {
    self.bytes.append(contentsOf: bytes)
    return nil
  }

  package mutating func end() throws(DialectError) -> Payload { try read(bytes) }

  static func parse(_ bytes: [UInt8]) throws(DialectError) -> JSONValue {
    do throws(JSONError) {
      return try JSONText.value(bytes, sizeMaxBytes: .max)
    } catch { throw DialectError(.malformed, "its answer is not JSON: \(error)") }
  }
}

/// Joins the deltas of a streamed text.
struct StreamedText: AnswerReader {
  enum Step {
    /// A piece of the text, and parts of calls of functions.
    case text(String, calls: [JSONValue] = [])
    /// The answer is complete with this.
    case last(String, calls: [JSONValue] = [])
    case nothing
  }

  let read: (EventStream.Event) throws(DialectError) -> Step
  private var stream = EventStream()
  private var text = ""
  private var calls = FunctionCalls()
  private var isDone = false

  init(_ read: @escaping (EventStream.Event) throws(DialectError) -> Step) { self.read = read }

  package mutating func receive(_ bytes: UnsafeRawBufferPointer) throws(DialectError) -> Payload? {
    let events: [EventStream.Event]
    do throws(EventStream.TooLarge) {
      events = try stream.receive(bytes)
    } catch {
      throw DialectError(.malformed, "an event of its stream has more than \(EventStream.dataMaxBytes) bytes")
    }
    var piece = ""
    for event in events where !isDone {
      switch try read(event) {
      case .text(let delta, let parts):
        piece += delta
        try calls.add(parts)
      case .last(let delta, let parts):
        piece += delta
        try calls.add(parts)
        isDone = true
      case .nothing: break
      }
    }
    text += piece
    return piece.isEmpty ? nil : .text(piece)
  }

  /// That the response has come to its end proves nothing: one without a length ends with its connection,
  /// also when the server has died.
  package mutating func end() throws(DialectError) -> Payload {
    if isDone { return Payload(text: text, media: calls.media) }
    throw DialectError(.broken, "its stream ended before the answer did. It may have died: see its log")
  }
}

extension Payload.Media {
  /// An image whose server does not tell its type: the first bytes do.
  init(image bytes: [UInt8]) {
    let isWebP = bytes.starts(with: Array("RIFF".utf8))
    let type = bytes.starts(with: [0xff, 0xd8]) ? "image/jpeg" : isWebP ? "image/webp" : "image/png"
    self.init(type: type, bytes: bytes)
  }
}
