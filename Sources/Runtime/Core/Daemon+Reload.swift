// SPDX-License-Identifier: Apache-2.0
import Automation
import Configuration
import Loop
import Speech
import Time

extension Daemon {
  /// For reading the sound files and the time zone of a new configuration.
  static let filesLimit: Duration = .seconds(5)

  /// Takes over new settings as far as it can while running.
  ///
  /// Commands, automations, the time zone, lines, sounds, voice and log settings take effect at once; what
  /// is tied to an open device or a worker's process is said and stays as it is until the next start. A
  /// line whose settings stay is not touched.
  /// - Throws: as `init`; then nothing has changed.
  public func reload(_ new: Settings) async throws {
    if hasStopped { return }
    serviceManager.reloading()
    defer { if !hasStopped { serviceManager.ready("running on board \(settings.board)") } }
    let grammar = try CommandGrammar(new.commands, lists: new.lists)
    let (cues, zone) = try await files.run("read the sounds", until: loop.now + Self.filesLimit) {
      (try Self.cues(new.sounds), new.zone ?? .utc)
    }
    await loadHTTP(for: new.workers)
    if hasStopped { return }
    // What was changed by hand is as the file says again, and keys are read anew.
    workforce.apply(new, services: services.byName)
    webhooks.apply(new)
    if new == settings { return log.info("configuration read again: nothing has changed") }
    try services.reload(grammar, wakePhrases: new.wakePhrases)
    Self.apply(new.log)
    replies.cues = cues
    lines.replace(new.lines)
    automations.replace(rules: new.automations, zone: zone)
    applyAutomationSettings(new)
    commands.grammar = grammar
    commands.prefixes = new.wakePhrases.map(\.phrase)
    takeOver(new.voice)
    answers.routing = new.routing
    let stays = Self.needingRestart(from: settings, to: new)
    settings = new
    let note = stays.isEmpty ? "" : "; after the next start: \(stays.joined(separator: ", "))"
    log.notice("configuration read again and taken over\(note)")
    record(.reloaded(later: stays))
  }

  /// The wake phrase comes or goes with its worker's connection: at the next start.
  private func takeOver(_ new: VoiceSettings) {
    guard let voice else { return }
    var taken = new
    if Self.wakePhraseComesOrGoes(voice.settings, new) { taken.wakeMode = voice.settings.wakeMode }
    voice.settings = taken
  }

  private static func wakePhraseComesOrGoes(_ old: VoiceSettings, _ new: VoiceSettings) -> Bool {
    (old.wakeMode == .phrase) != (new.wakeMode == .phrase)
  }

  /// Those that the voice path or a process is tied to.
  private static func voiceWorkers(_ settings: Settings) -> [WorkerSettings] {
    settings.workers.filter { $0.kind == .wyoming && settings.needsService($0) }
  }

  /// The keys whose change takes effect at the next start.
  static func needingRestart(from old: Settings, to new: Settings) -> [String] {
    [
      ("board", old.board != new.board), ("microphone", old.microphone != new.microphone),
      ("speaker", old.speaker != new.speaker), ("services", old.services != new.services),
      ("workers", voiceWorkers(old) != voiceWorkers(new)),
      ("wake_phrases", old.wakePhrases != new.wakePhrases),
      ("store", old.store != new.store),
      ("voice.wake", wakePhraseComesOrGoes(old.voice, new.voice)),
    ].filter(\.1).map(\.0)
  }
}
