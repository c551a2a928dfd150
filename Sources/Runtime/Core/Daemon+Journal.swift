// SPDX-License-Identifier: Apache-2.0
import Automation
import Configuration
import Intents
import Store
import Time

extension Daemon {
  /// Writes a fact into the journal; without a store nowhere. Never waits: what cannot be stored is
  /// counted there, and the daemon goes on.
  public func record(_ fact: Fact, at instant: Instant? = nil) {
    defer { tellAutomations(fact) }
    guard let store else { return }
    let now = Stamp.now
    let entry = JournalEntry(fact.kind, fact.body, at: instant.map(now.moved(to:)) ?? now)
    switch fact.durability {
    case .now: try? store.commit([.journal(entry)], .now)
    case .soon: store.note(entry)
    }
  }

  /// Everything the journal is told, apart from what the daemon itself does.
  func connectJournal() {
    commands.onIntent = { [unowned self] intent in
      let text = settings.log.spokenText ? intent.payload.text : nil
      record(.intent(id: intent.id, realm: intent.realm, origin: intent.origin, text: text))
    }
    commands.onOutcome = { [unowned self] intent, outcome, took in
      record(.outcome(id: intent.id, outcome, took: took, text: settings.log.spokenText))
      store?.remember(HistoryEntry(intent, outcome, took: took))
    }
    orchestrator.onIntent = { [unowned self] intent in
      // Steps of another one are told by its outcome, and by `mtor why`.
      if intent.parent != nil { return }
      let text = settings.log.spokenText ? intent.payload.text : nil
      record(.intent(id: intent.id, realm: intent.realm, origin: intent.origin, text: text))
    }
    orchestrator.onOutcome = { [unowned self] intent, outcome, took in
      store?.remember(HistoryEntry(intent, outcome, took: took))
      if intent.parent != nil { return }
      record(.outcome(id: intent.id, outcome, took: took, text: settings.log.spokenText))
    }
    for child in services.children {
      child.onStart = { [unowned self, unowned child] in
        record(.workerStarted(child.name, pid: child.pid ?? 0))
      }
      child.onEnd = { [unowned self, unowned child] in record(.workerEnded(child.name, how: "\($0)")) }
    }
  }

  /// As `mtor status` shows it.
  func storeReport() -> StatusReport.Store? {
    guard let store else { return nil }
    let status = store.status
    return StatusReport.Store(
      problem: status.problem?.description ?? (status.isOpen ? nil : "opening"), lastSeq: status.lastSeq,
      stored: status.stored, unstored: status.unstored, bytesWritten: status.bytesWritten,
      bytesWrittenEver: status.bytesWrittenEver, messagesRefused: sender?.refused)
  }
}

extension HistoryEntry {
  /// What was said is in neither.
  init(_ intent: Intent, _ outcome: Outcome, took: Duration) {
    self.init(
      intent: intent.id, realm: intent.realm, user: intent.user ?? "", origin: intent.origin.rawValue,
      started: Stamp.now.wall - took.nanoseconds, took: took,
      ending: Ending(rawValue: outcome.word) ?? .failed, reason: outcome.isCompleted ? nil : outcome.text)
  }
}
