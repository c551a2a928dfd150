// SPDX-License-Identifier: Apache-2.0

/// What the command line asks of a running daemon: one JSON object on one line.
public struct ControlRequest: Sendable, Equatable, Codable {
  public enum Verb: String, Sendable, Codable, CaseIterable {
    case status, tasks, ask, say, listen, trigger, lines, set, toggle, watch, press, level, reload
    case approve, refuse, cancel, retry, hook
    case realms, workers, why
    case addWorker = "add_worker"
    case removeWorker = "remove_worker"
    case drainWorker = "drain_worker"
    case probeWorkers = "probe_workers"
    case addRealm = "add_realm"
    case changeRealm = "change_realm"
    case removeRealm = "remove_realm"
  }

  /// A sound or an image, whose bytes come after the request's line, one after the other.
  public struct Media: Sendable, Equatable, Codable {
    public var type: String
    public var count: Int

    public init(type: String, count: Int) {
      self.type = type
      self.count = count
    }
  }

  public var verb: Verb
  /// `ask`, `say`: the text. `level`: the level's name. `hook`: a JSON object. `add_worker`, `add_realm`,
  /// `change_realm`: workers and realms as the configuration has them.
  public var text: String?
  /// `set`, `toggle`, `press`, `watch`: the line's name. `level`: the module's, nil for all. The worker's,
  /// nil for all. `why`: the intent's id, nil for the last. `approve` and its like: the number of a run.
  /// `hook`: its name.
  public var name: String?
  /// `set`: the wanted state. `press`: down or up.
  public var on: Bool?
  /// `ask`, `say`: whole budget in milliseconds.
  public var budgetMS: Int?
  /// `ask`: nil finds out whether it is a command, and else the realm.
  public var realm: String?
  public var model: String?
  public var media: [Media]?
  /// `add_worker`, `add_realm`, `change_realm`: it is to be there after the next start too.
  public var isSaved: Bool?

  public init(
    _ verb: Verb, text: String? = nil, name: String? = nil, on: Bool? = nil, budgetMS: Int? = nil
  ) {
    self.verb = verb
    self.text = text
    self.name = name
    self.on = on
    self.budgetMS = budgetMS
  }
}

/// One line of the daemon's answer. Exactly one of the members is there (`answer` beside `done`); `done` or
/// `error` is last.
public struct ControlReply: Sendable, Equatable, Codable {
  public var status: StatusReport?
  public var tasks: [TaskReport]?
  public var runs: [RunStatus]?
  public var lines: [LineReport]?
  public var entry: TimelineEntry?
  public var edge: EdgeReport?
  public var realms: [RealmStatus]?
  public var workers: [WorkerStatus]?
  public var probe: ProbeReport?
  public var why: WhyReport?
  /// What was understood of a sound.
  public var heard: String?
  /// A piece of an answer; `done` has all of it.
  public var piece: String?
  public var media: MediaReport?
  public var answer: AnswerReport?
  public var done: String?
  public var error: String?

  public init(
    status: StatusReport? = nil, tasks: [TaskReport]? = nil, runs: [RunStatus]? = nil,
    lines: [LineReport]? = nil,
    entry: TimelineEntry? = nil, edge: EdgeReport? = nil, realms: [RealmStatus]? = nil,
    workers: [WorkerStatus]? = nil, probe: ProbeReport? = nil, why: WhyReport? = nil, heard: String? = nil,
    piece: String? = nil, media: MediaReport? = nil, answer: AnswerReport? = nil, done: String? = nil,
    error: String? = nil
  ) {
    self.status = status
    self.tasks = tasks
    self.runs = runs
    self.lines = lines
    self.entry = entry
    self.edge = edge
    self.realms = realms
    self.workers = workers
    self.probe = probe
    self.why = why
    self.heard = heard
    self.piece = piece
    self.media = media
    self.answer = answer
    self.done = done
    self.error = error
  }

  static let ok = ControlReply(done: "ok")
}

/// How the daemon is.
public struct StatusReport: Sendable, Equatable, Codable {
  public struct Worker: Sendable, Equatable, Codable {
    public var name: String
    public var state: String
    public var pid: Int?
    public var restarts: Int
  }
  public struct Stalls: Sendable, Equatable, Codable {
    public var longest: String
    public var longestMS: Double
    /// Upper bound in milliseconds → handlers that took no longer.
    public var histogramMS: [String: UInt64]
  }

  public struct Store: Sendable, Equatable, Codable {
    /// Why nothing can be stored now.
    public var problem: String?
    public var lastSeq: Int64
    /// Changes since start.
    public var stored: Int
    public var unstored: Int
    public var bytesWritten: Int
    public var bytesWrittenEver: Int
    /// Messages that their receivers refused for good, since start.
    public var messagesRefused: Int? = nil
  }

  public var version: String
  public var node: String
  public var board: String
  public var uptimeSeconds: Double
  public var microphone: String
  public var microphoneLevelDBFS: Double?
  public var overruns: Int
  public var speaker: String
  public var workers: [Worker]
  public var utterances: Int
  public var understood: Int
  /// What hangs, for people; nil: nothing.
  public var trouble: String? = nil
  /// Lines that whoever reads the log did not take in time.
  public var logLinesLost: UInt64
  public var loopWakeUps: UInt64
  /// See `LoopMetrics.attentiveTurns`.
  public var loopAttentiveTurns: UInt64? = nil
  public var stalls: Stalls
  public var store: Store? = nil
  /// Kinds of work and those who do it; empty without any.
  public var realms: [RealmStatus]? = nil
  public var realmWorkers: [WorkerStatus]? = nil
}

/// One task on the loop.
public struct TaskReport: Sendable, Equatable, Codable {
  public var id: UInt64
  public var name: String
  /// `running` or `waiting`.
  public var state: String
  public var waitingOn: String? = nil
  public var forMS: Double
  public var deadlineInMS: Double? = nil
}

/// A run of an automation.
public struct RunStatus: Sendable, Equatable, Codable {
  public var run: UInt64
  public var rule: String
  /// `queued`, `ready`, `running`, `waiting`, `failed`.
  public var state: String
  public var on: String
  public var forMS: Double
  public var deadlineInMS: Double? = nil
  /// It goes on after a restart.
  public var isDurable: Bool
}

/// One line and its state.
public struct LineReport: Sendable, Equatable, Codable {
  public var name: String
  public var direction: String
  /// nil: not to be had now.
  public var isOn: Bool?
  public var edges: Int
  public var lostEdges: Int
}

/// One edge of an input.
public struct EdgeReport: Sendable, Equatable, Codable {
  public var line: String
  public var isActive: Bool
  /// Monotonic clock, of the kernel's time stamp.
  public var nanoseconds: UInt64
  public var lostBefore: Int

  init(_ edge: LineEdge) {
    line = edge.line
    isActive = edge.isActive
    nanoseconds = edge.at.nanoseconds
    lostBefore = edge.lostBefore
  }
}
