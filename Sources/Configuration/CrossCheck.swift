// SPDX-License-Identifier: Apache-2.0
import Automation
import Speech

/// What no single key can tell: names that refer to others, lines used twice, times that contradict.
struct CrossCheck {
  private let settings: Settings

  init(_ settings: Settings) { self.settings = settings }

  func run(_ reader: inout Reader) {
    checkLines(&reader)
    checkServices(&reader)
    checkTimes(&reader)
    checkShards(&reader)
    WorkerCheck(settings).run(&reader)
    let commands = CommandCheck(settings)
    commands.run(&reader)
    AutomationCheck(settings, commands).run(&reader)
  }

  private func checkLines(_ reader: inout Reader) {
    var owners: [String: String] = [:]
    for line in settings.lines where !line.line.isEmpty {
      let path = "gpio.\(line.name).\(line.direction.rawValue)"
      checkIsOnBoard(line, path, &reader)
      let key = "\(line.chip ?? "")/\(line.direction == .led ? "led " : "")\(offset(of: line))"
      if let owner = owners.updateValue(line.name, forKey: key) {
        let place = reader.mark(of: "gpio.\(owner)").map { " (line \($0.line))" } ?? ""
        reader.note(
          at: path, "\(quoted(line.line)) is already used by gpio.\(owner)\(place). A line has one owner.")
        owners[key] = owner
      }
    }
  }

  /// Where the profile lists what the board has, other names are mistakes.
  private func checkIsOnBoard(_ line: LineSettings, _ path: String, _ reader: inout Reader) {
    let profile = settings.profile
    let known: [String]
    switch line.direction {
    case .led: known = profile.leds
    case _ where line.chip == profile.chip: known = profile.lines.keys.sorted()
    default: return
    }
    if known.isEmpty || known.contains(line.line) || Int(line.line) != nil && line.direction != .led {
      return
    }
    let advice = Nearest.advice(line.line, in: known, label: "Known")
    reader.note(at: path, "board \(settings.board) has no \(quoted(line.line)).\(advice)")
  }

  private func offset(of line: LineSettings) -> String {
    guard line.chip == settings.profile.chip else { return line.line }
    return settings.profile.lines[line.line].map(String.init) ?? line.line
  }

  private func checkShards(_ reader: inout Reader) {
    var owners: [String: String] = [:]
    for (shard, prefixes) in settings.store.shards.sorted(by: { $0.key < $1.key }) {
      for prefix in prefixes {
        guard let owner = owners.updateValue(shard, forKey: prefix) else { continue }
        reader.note(
          at: "store.shards.\(shard)",
          "\(quoted(prefix)) belongs to shard \(owner) already. A user has one shard.")
      }
    }
  }

  private func checkServices(_ reader: inout Reader) {
    let workers = settings.workers.map(\.name)
    let services = [
      ("wake", settings.services.wake), ("speech_to_text", settings.services.speechToText),
      ("text_to_speech", settings.services.textToSpeech), ("intent", settings.services.intent),
      ("handle", settings.services.handle),
    ]
    for (key, name) in services {
      guard let worker = name else { continue }
      if let known = settings.workers.first(where: { $0.name == worker }) {
        if known.kind == .wyoming { continue }
        reader.note(
          at: "services.\(key)",
          "worker \(worker) is of kind \(known.kind.rawValue); services are of kind wyoming. "
            + "Others serve realms (workers.\(worker).realms).")
        continue
      }
      let advice = Nearest.advice(worker, in: workers, label: "Known")
      let isGiven = reader.mark(of: "services.\(key)") != nil
      reader.note(
        at: isGiven ? "services.\(key)" : "workers",
        "there is no worker \(quoted(worker))\(isGiven ? "" : " for services.\(key)").\(advice)")
    }
  }

  private func checkTimes(_ reader: inout Reader) {
    let (microphone, speaker, voice) = (settings.microphone, settings.speaker, settings.voice)
    if microphone.buffer < microphone.period * 2 {
      reader.note(at: "microphone.buffer", "the buffer must hold two periods or more.")
    }
    if speaker.buffer < speaker.period * 2 {
      reader.note(at: "speaker.buffer", "the buffer must hold two periods or more.")
    }
    if voice.minimumUtterance >= voice.maximumUtterance {
      reader.note(at: "voice.minimum_utterance", "must be less than maximum_utterance.")
    }
    if voice.wakeMode == .phrase, settings.wakePhrases.isEmpty {
      reader.note(at: "wake_phrases", "voice.wake is phrase, so one phrase at least is needed.")
    }
    let phrases = settings.wakePhrases.map(\.phrase)
    for (index, phrase) in phrases.enumerated() where phrases[..<index].contains(phrase) {
      reader.note(at: "wake_phrases[\(index)]", "\(quoted(phrase)) is given twice. Keep one.")
    }
  }
}
