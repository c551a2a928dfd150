// SPDX-License-Identifier: Apache-2.0
import JSON
import Time

/// A run as it is kept over a restart.
extension Run {
  static let keyPrefix = "automation/run/"

  var key: String { "\(Self.keyPrefix)\(id)" }

  var json: JSONObject {
    var object: JSONObject = [
      "id": .integer(Int64(clamping: id)), "rule": .string(name), "program": .integer(fingerprint),
      "trigger": .string(trigger), "event": .object(event), "started": .integer(started),
      "answers": .object(answers), "begun": .integer(Int64(stepsBegun)),
      "strands": .array(strands.map { .object($0.json) }),
    ]
    if !slots.isEmpty {
      var texts = JSONObject()
      for (name, value) in slots.sorted(by: { $0.key < $1.key }) { texts[name] = .string(value) }
      object["slots"] = .object(texts)
    }
    object["failure"] = failure.map { .string($0) }
    if isQueued { object["queued"] = true }
    if !told.isEmpty { object["told"] = .array(told.map { .string($0) }) }
    object["caller"] = caller.map {
      .array([.integer(Int64(clamping: $0.run)), .integer(Int64($0.strand))])
    }
    return object
  }

  /// Nil for what is no run.
  init?(_ json: JSONObject, rule: Int, isSameBoot: Bool, _ now: Stamp) {
    guard let id = json["id"]?.integerValue, let name = json["rule"]?.stringValue,
      let fingerprint = json["program"]?.integerValue, let started = json["started"]?.integerValue,
      let strands = json["strands"]?.arrayValue
    else { return nil }
    self.id = UInt64(clamping: id)
    self.rule = rule
    self.name = name
    self.fingerprint = fingerprint
    self.started = started
    isDurable = true
    isStored = true
    trigger = json["trigger"]?.stringValue ?? ""
    event = json["event"]?.objectValue ?? JSONObject()
    let texts = json["slots"]?.objectValue?.members ?? []
    slots = Dictionary(texts.compactMap { key, value in value.stringValue.map { (key, $0) } }) { _, last in
      last
    }
    answers = json["answers"]?.objectValue ?? JSONObject()
    stepsBegun = Int(clamping: json["begun"]?.integerValue ?? 0)
    failure = json["failure"]?.stringValue
    isQueued = json["queued"]?.boolValue ?? false
    told = json["told"]?.arrayValue?.compactMap(\.stringValue) ?? []
    if let parts = json["caller"]?.arrayValue?.compactMap(\.integerValue), parts.count == 2 {
      caller = StrandID(run: UInt64(clamping: parts[0]), strand: Int(clamping: parts[1]))
    }
    let read = strands.compactMap { Strand($0.objectValue ?? [:], isSameBoot: isSameBoot, now) }
    guard read.count == strands.count, !read.isEmpty else { return nil }
    self.strands = read
  }
}

extension Run.Strand {
  var json: JSONObject {
    var object: JSONObject = [
      "at": .array(
        frames.map {
          .array([.integer(Int64($0.block)), .integer(Int64($0.step)), .integer(Int64($0.rounds))])
        })
    ]
    object["parent"] = parent.map { .integer(Int64($0)) }
    if children > 0 { object["children"] = .integer(Int64(children)) }
    switch state {
    case .ready: object["state"] = "ready"
    case .ended: object["state"] = "ended"
    case .failed(let reason):
      object["state"] = "failed"
      object["reason"] = .string(reason)
    case .running(_, let isOnce, _): object["state"] = isOnce ? "running once" : "running"
    case .waiting(let waiting, let since, let deadline):
      object["state"] = .string(waiting.word)
      object["since"] = .integer(since)
      deadline?.keep(in: &object, "deadline")
      if case .run(let id) = waiting { object["run"] = .integer(Int64(clamping: id)) }
    }
    return object
  }

  init?(_ json: JSONObject, isSameBoot: Bool, _ now: Stamp) {
    guard let state = json["state"]?.stringValue, let places = json["at"]?.arrayValue else { return nil }
    frames = places.compactMap { place in
      let numbers = place.arrayValue?.compactMap(\.integerValue) ?? []
      guard numbers.count == 3, numbers.allSatisfy({ (0...1_000_000).contains($0) }) else { return nil }
      return Run.Frame(block: Int(numbers[0]), step: Int(numbers[1]), rounds: Int(numbers[2]))
    }
    guard frames.count == places.count else { return nil }
    parent = json["parent"]?.integerValue.map { Int(clamping: $0) }
    children = Int(clamping: json["children"]?.integerValue ?? 0)
    switch state {
    case "ready": self.state = .ready
    case "ended": self.state = .ended
    case "failed": self.state = .failed(json["reason"]?.stringValue ?? "")
    case "running": self.state = .running(0, isOnce: false, nil)
    case "running once": self.state = .running(0, isOnce: true, nil)
    default:
      let run = UInt64(clamping: json["run"]?.integerValue ?? 0)
      guard let waiting = Run.Waiting(word: state, run: run) else { return nil }
      self.state = .waiting(
        waiting, since: json["since"]?.integerValue ?? now.wall,
        Deadline(in: json, "deadline", isSameBoot: isSameBoot, now))
    }
  }
}

extension Run.Waiting {
  var word: String {
    switch self {
    case .time: "time"
    case .condition: "condition"
    case .trigger: "trigger"
    case .approval: "approval"
    case .branches: "branches"
    case .run: "run"
    }
  }

  init?(word: String, run: UInt64) {
    switch word {
    case "time": self = .time
    case "condition": self = .condition
    case "trigger": self = .trigger
    case "approval": self = .approval
    case "branches": self = .branches
    case "run": self = .run(run)
    default: return nil
    }
  }
}
