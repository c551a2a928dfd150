// SPDX-License-Identifier: Apache-2.0
import Time

/// What a worker did instead of answering.
public struct WorkerFailure: Error, Sendable, Equatable, CustomStringConvertible {
  public enum Kind: String, Sendable, Codable, CaseIterable {
    /// No connection; it has not seen the request.
    case unreachable
    /// It has no room now; it has not begun.
    case busy
    /// Nothing came in the time it was given.
    case timeout
    /// The connection ended, or it reported an error of its own.
    case broken
    /// What it sent is no answer.
    case malformed
    /// It takes the request itself for wrong: another try there is of no use.
    case refused
    /// It cannot do this kind of work.
    case unsupported
    /// It would refuse anybody: its key, its path or its model is wrong, here or there.
    case misconfigured
  }

  public var worker: String
  public var kind: Kind
  /// For people: what was seen, and what helps.
  public var text: String
  /// The worker asked to be left alone for so long (`Retry-After`).
  public var retryAfter: Duration?

  public init(worker: String, _ kind: Kind, _ text: String, retryAfter: Duration? = nil) {
    self.worker = worker
    self.kind = kind
    self.text = text
    self.retryAfter = retryAfter
  }

  public var description: String { "worker '\(worker)': \(kind.rawValue): \(text)" }
}

extension WorkerFailure.Kind {
  /// The work was never begun, so that another worker may be asked whatever it is.
  var isBeforeWork: Bool {
    switch self {
    case .unreachable, .busy, .unsupported, .misconfigured: true
    case .timeout, .broken, .malformed, .refused: false
    }
  }

  /// Says something about the worker's health, not about the request or the load.
  public var isFault: Bool {
    switch self {
    case .unreachable, .timeout, .broken, .malformed, .misconfigured: true
    case .busy, .refused, .unsupported: false
    }
  }

  /// What it costs of the score of 100: as in the papers, more for a wrong answer than for none.
  var penalty: Int {
    switch self {
    case .unreachable, .timeout: 5
    case .broken, .malformed, .misconfigured: 10
    case .busy, .refused, .unsupported: 0
    }
  }
}
