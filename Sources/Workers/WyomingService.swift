// SPDX-License-Identifier: Apache-2.0
import Loop
import Posix
import Time
import Wyoming
import WyomingTransport

/// A worker that speaks Wyoming: where it is and what it can do. Clients share it.
@LoopActor public final class WyomingService {
  /// As the configuration calls it.
  public let name: String
  public let endpoint: Endpoint
  public let limits: WyomingStreamLimits
  /// What the service said that it offers; nil until it was asked, and after it was away.
  public internal(set) var info: WyomingInfo?

  public init(
    name: String, endpoint: Endpoint, limits: WyomingStreamLimits = WyomingStreamLimits()
  ) {
    self.name = name
    self.endpoint = endpoint
    self.limits = limits
  }

  /// Asks the service what it offers, and remembers the answer.
  /// - Throws: `WorkerError`, at the latest at `deadline`.
  @discardableResult
  public func describe(until deadline: Instant) async throws(WorkerError) -> WyomingInfo {
    info = nil
    let exchange = Exchange<WyomingInfo>(self, .describe, until: deadline)
    exchange.onEvent = { [unowned exchange] event in
      if case .info(let info) = event { exchange.end(.success(info)) }
    }
    return try await exchange.answer()
  }

  func error(_ stage: WorkerError.Stage, _ reason: WorkerError.Reason) -> WorkerError {
    WorkerError(worker: name, endpoint: "\(endpoint)", stage: stage, reason: reason)
  }

  /// Remembers what the service offers; nil when it serves `stage`, else what is wrong.
  func accept(_ info: WyomingInfo, for stage: WorkerError.Stage) -> WorkerError? {
    self.info = info
    guard let needed = stage.kinds, !info.offered.contains(where: needed.contains) else { return nil }
    self.info = nil
    let offered = info.offered.map(\.rawValue).joined(separator: ", ")
    return error(
      stage, .unsupported("it offers \(offered.isEmpty ? "nothing" : "only \(offered)")"))
  }
}

extension WorkerError.Stage {
  /// The kinds of programs that can serve this stage; nil: any service can.
  var kinds: [WyomingInfo.Kind]? {
    switch self {
    case .describe: nil
    case .wake: [.wake]
    case .speechToText: [.asr]
    case .textToSpeech: [.tts]
    case .intent: [.intent, .handle]
    case .handle: [.handle]
    }
  }
}

extension WorkerError.Reason {
  /// What a failed connect means.
  init(connecting error: any Error, took time: Duration) {
    switch error {
    case is DeadlineExceeded: self = .expired(after: time)
    case is CancellationError: self = .cancelled
    default: self = .unreachable("\(error)")
    }
  }

  init(_ closing: WyomingClosing) {
    switch closing {
    case .malformed(let error): self = .malformed(error)
    case .peerTooSlow: self = .tooSlow("\(closing)")
    case .peerClosed, .failed, .idle: self = .closed("\(closing)")
    }
  }

  /// A service's `error` event.
  init(text: String, code: String?) { self = code == "busy" ? .busy(text) : .refused(text) }
}
