// SPDX-License-Identifier: Apache-2.0
import HTTPClient
import HTTPTransport
import Intents
import JSON
import Loop
import Time

/// Another node: it gets an intent with what is left of its time, and answers with events. The way of the
/// intent goes along, so that none runs in circles (docs/workers.md).
public struct MtorDialect: HTTPDialect {
  /// Nodes that an intent may come through; one more is not asked.
  public static let hopsMax = 4
  /// What is left of the budget, and the nodes so far, this one last.
  static let budgetField = "Mtor-Budget-Ms"
  static let viaField = "Mtor-Via"

  /// This node's name; unique among those that ask each other.
  public var node: String
  /// The other node's name, when it is known: it is not asked for what has come through it.
  public var peer: String?

  public init(node: String, peer: String? = nil) {
    self.node = node
    self.peer = peer
  }

  package func ask(_ request: WorkerRequest, budget: Duration) throws(DialectError) -> HTTPAsk {
    let via = request.intent.via
    if via.count >= Self.hopsMax {
      throw DialectError(
        .unsupported, "it has come through \(via.count) nodes already: \(via.joined(separator: ", "))")
    }
    if via.contains(node) { throw DialectError(.unsupported, "it has come through this node already") }
    if let peer, via.contains(peer) {
      throw DialectError(.unsupported, "it has come through '\(peer)' already")
    }
    return HTTPAsk(
      "/v1/intents", json: IntentWire.object(request.intent, budget: budget),
      fields: [
        HTTPField("Accept", "text/event-stream"),
        HTTPField(Self.budgetField, String(IntentWire.milliseconds(budget))),
        HTTPField(Self.viaField, (via + [node]).joined(separator: ", ")),
      ])
  }

  package func reader(_ head: HTTPHead) -> any AnswerReader { NodeAnswer() }

  package var probePaths: [String] { ["/v1/node"] }

  package func capabilities(_ index: Int, _ node: JSONValue?) -> Capabilities {
    Capabilities(
      models: node?["models"]?.arrayValue?.compactMap(\.stringValue) ?? [],
      slots: node?["slots"]?.integerValue.map { Int(clamping: $0) })
  }
}

/// Events `piece`, any number, and one `outcome`.
private struct NodeAnswer: AnswerReader {
  private var stream = EventStream()
  private var payload = Payload()
  private var outcome: JSONValue?

  mutating func receive(_ bytes: UnsafeRawBufferPointer) throws(DialectError) -> Payload? {
    let events: [EventStream.Event]
    do throws(EventStream.TooLarge) {
      events = try stream.receive(bytes)
    } catch {
      throw DialectError(.malformed, "an event of its answer has more than \(EventStream.dataMaxBytes) bytes")
    }
    var pieces = Payload()
    for event in events where outcome == nil {
      let value = try WholeBody.parse(Array(event.data.utf8))
      switch event.name {
      case "piece": pieces.append(try IntentWire.payload(value))
      case "outcome": outcome = value
      default: break
      }
    }
    payload.append(pieces)
    return pieces.isEmpty ? nil : pieces
  }

  mutating func end() throws(DialectError) -> Payload {
    guard let outcome else {
      throw DialectError(.broken, "its answer ended without an outcome. It may have died: see its log")
    }
    let reason = outcome["reason"]?.stringValue ?? ""
    switch outcome["outcome"]?.stringValue {
    case "completed":
      let whole = try IntentWire.payload(outcome)
      // What came in pieces need not come again.
      if whole.isEmpty { return payload }
      guard payload.text.isEmpty || whole.text == payload.text else {
        throw DialectError(.malformed, "its outcome has another text than its pieces")
      }
      return whole
    case "rejected": throw DialectError(.busy, reason)
    case "expired": throw DialectError(.timeout, reason)
    case "failed": throw DialectError(.broken, reason)
    default: throw DialectError(.malformed, "an outcome is completed, failed, rejected or expired")
    }
  }
}

extension HTTPWorker {
  /// - Parameter settings: its `url` with or without `/v1` at its end; its fields with the token.
  public convenience init(
    _ name: String, _ settings: HTTPWorkerSettings, mtor dialect: MtorDialect, session: HTTPSession? = nil
  ) throws(HTTPError) {
    self.init(name, try settings.without("/v1"), dialect, session)
  }
}
