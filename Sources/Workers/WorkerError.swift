// SPDX-License-Identifier: Apache-2.0
import Time
import Wyoming

/// A worker did not do what it was asked: which one, at what, why, and what helps.
public struct WorkerError: Error, Equatable, CustomStringConvertible {
  /// What was being asked of the worker.
  public enum Stage: String, Sendable {
    case describe = "asking what it can do"
    case wake = "wake word detection"
    case speechToText = "speech to text"
    case textToSpeech = "text to speech"
    case intent = "intent recognition"
    case handle = "handling"
  }

  public enum Reason: Sendable, Equatable {
    /// No connection: the system's text.
    case unreachable(String)
    /// It has no room for us now.
    case busy(String)
    /// Nothing usable by the deadline.
    case expired(after: Duration)
    /// The connection ended before the answer.
    case closed(String)
    /// It does not speak the protocol.
    case malformed(WyomingError)
    /// Its own words.
    case refused(String)
    /// It is another kind of service, or sends what we cannot use.
    case unsupported(String)
    /// It does not take what we send.
    case tooSlow(String)
    /// We gave up ourselves: barge-in, shutdown.
    case cancelled
  }

  public let worker: String
  public let endpoint: String
  public let stage: Stage
  public let reason: Reason

  public init(worker: String, endpoint: String, stage: Stage, reason: Reason) {
    self.worker = worker
    self.endpoint = endpoint
    self.stage = stage
    self.reason = reason
  }

  public var description: String { "worker '\(worker)' (\(endpoint)): \(stage.rawValue): \(text)" }

  /// Without who it was and at what.
  public var text: String {
    switch reason {
    case .unreachable(let why): "\(why). Is it running?"
    case .busy(let why): "\(why). Another client holds it, or it serves too many"
    case .expired(let time):
      "no answer within \(Int(time.milliseconds)) ms. It is overloaded or hangs: see its log"
    case .closed(let why): "\(why) before the answer. It may have died: see its log"
    case .malformed(let error): "\(error)"
    case .refused(let why): "it says: \(why)"
    case .unsupported(let what): "\(what). Give the service another worker"
    case .tooSlow(let what): "\(what). It is overloaded or hangs: see its log"
    case .cancelled: "cancelled"
    }
  }
}
