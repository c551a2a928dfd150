// SPDX-License-Identifier: Apache-2.0
import Intents
import Time

/// How a question to a realm was answered.
public struct AnswerReport: Sendable, Equatable, Codable {
  public var id: String
  public var realm: String
  public var worker: String
  public var attempts: Int
  public var queuedMS: Double
  public var firstOutputMS: Double?
  public var servedMS: Double
}

/// Sounds and images, as a reply carries them.
public struct MediaReport: Sendable, Equatable, Codable {
  public var type: String
  public var base64: String
}

/// A realm and what has become of its requests since it was added.
public struct RealmStatus: Sendable, Equatable, Codable {
  public var name: String
  public var type: String
  /// `configuration`, `added` or `saved`.
  public var source: String
  public var workers: [String]
  public var inFlight: Int
  public var queued: Int
  public var queueMax: Int
  public var completed: Int
  public var failed: Int
  public var rejected: Int
  public var expired: Int
  public var hedges: Int
  public var failovers: Int
  public var backedUp: Int
  public var medianMS: Double?
  public var p95MS: Double?

  init(_ report: RealmReport, type: String, source: String) {
    name = report.name
    self.type = type
    self.source = source
    workers = report.workers
    inFlight = report.inFlight
    queued = report.queued
    queueMax = report.queueMax
    completed = report.metrics.completed
    failed = report.metrics.failed
    rejected = report.metrics.rejected
    expired = report.metrics.expired
    hedges = report.metrics.hedges
    failovers = report.metrics.failovers
    backedUp = report.metrics.backedUp
    medianMS = report.median?.milliseconds
    p95MS = report.p95?.milliseconds
  }
}

/// A worker of realms.
public struct WorkerStatus: Sendable, Equatable, Codable {
  public var name: String
  public var kind: String
  /// `configuration`, `added` or `saved`.
  public var source: String
  /// As `WorkerReport.State` has it.
  public var state: String
  public var realms: [String]
  public var models: [String]
  public var slots: Int
  public var inFlight: Int
  public var score: Int
  public var answered: Int
  public var failed: Int
  public var latencyMS: Double?
  /// What was wrong last, until it is well again.
  public var trouble: String?
}

/// What a worker said to a probe.
public struct ProbeReport: Sendable, Equatable, Codable {
  public var worker: String
  /// `alive`, `busy` or `dead`.
  public var result: String
  public var models: [String] = []
  public var slots: Int?
  public var trouble: String?

  init(_ worker: String, _ result: ProbeResult) {
    self.worker = worker
    switch result {
    case .alive(let capabilities):
      self.result = "alive"
      models = capabilities.models
      slots = capabilities.slots
    case .busy: self.result = "busy"
    case .dead(let failure):
      self.result = "dead"
      trouble = "\(failure.kind.rawValue): \(failure.text)"
    }
  }
}

/// Why an intent took the course it took; without what was said.
public struct WhyReport: Sendable, Equatable, Codable {
  public struct Candidate: Sendable, Equatable, Codable {
    public var worker: String
    public var score: Int
    public var load: Int
    public var latencyMS: Double?
  }

  public struct Step: Sendable, Equatable, Codable {
    public var afterMS: Double
    public var what: String
    /// Of a call.
    public var budgetMS: Double?
  }

  /// One intent in a realm: the one that was asked for, or a step of it.
  public struct Course: Sendable, Equatable, Codable {
    public var id: String
    public var realm: String
    public var budgetMS: Double
    public var priority: String
    public var model: String?
    public var isModelKnown: Bool
    public var candidates: [Candidate]
    public var steps: [Step]
    /// nil: still under way.
    public var outcome: String?
    public var tookMS: Double?
  }

  public var id: String
  /// `user`, `device`, `rule`, …
  public var origin: String?
  public var user: String?
  /// The realm that was chosen, and why; nil when who asked named it.
  public var realm: String?
  public var because: String?
  public var courses: [Course]
}

extension WhyReport.Course {
  init(_ explanation: Explanation) {
    id = explanation.intent.id
    realm = explanation.intent.realm
    budgetMS = explanation.budget.milliseconds
    priority = explanation.intent.priority.rawValue
    model = explanation.intent.model
    isModelKnown = explanation.modelIsKnown
    candidates = explanation.candidates.map {
      .init(worker: $0.worker, score: $0.score, load: $0.load, latencyMS: $0.latency?.milliseconds)
    }
    steps = explanation.steps.map(WhyReport.Step.init)
    outcome = explanation.outcome.map { "\($0.word)\($0.isCompleted ? "" : ": \($0.text)")" }
    tookMS = explanation.took?.milliseconds
  }
}

extension WhyReport.Step {
  init(_ step: Explanation.Step) {
    afterMS = step.after.milliseconds
    switch step.what {
    case .queued(let realm, let ahead): what = "waits in \(realm) behind \(ahead)"
    case .passedOver(let realm, let refusal): what = "\(realm) is passed over: \(refusal)"
    case .called(let worker, let budget, let isHedge):
      what = isHedge ? "\(worker) is asked beside the first" : "\(worker) is asked"
      budgetMS = budget.milliseconds
    case .started(let worker): what = "\(worker) has begun"
    case .streamed(let worker): what = "\(worker) gives the first piece"
    case .failed(let failure): what = "\(failure.worker) fails: \(failure.kind.rawValue): \(failure.text)"
    case .callCancelled(let worker): what = "the call of \(worker) is given up"
    }
  }
}
