// SPDX-License-Identifier: Apache-2.0
import Configuration
import Glibc
import Intents
import Log
import Loop
import Runtime
import Simulation
import Spelling
import Time

/// A whole runtime, unchanged, in a house of simulated lines, sound, workers and people; all from one
/// seed. Every event goes to the trace and to each invariant; the first that is broken ends the world.
@LoopActor public final class World {
  public struct Options: Sendable {
    public var seed: UInt64
    public var duration: Duration
    /// For sockets; exists, and is this world's alone.
    public var directory: String
    public var sabotage: Sabotage?

    public init(seed: UInt64, duration: Duration, directory: String, sabotage: Sabotage? = nil) {
      self.seed = seed
      self.duration = duration
      self.directory = directory
      self.sabotage = sabotage
    }
  }

  /// How late the loop is at worst: on a good day, and while the machine is busy.
  nonisolated static let latenessMax: (usual: Duration, busy: Duration) = (
    .milliseconds(1), .milliseconds(300)
  )

  let options: Options
  let settings: Settings
  let loop = LoopActor.shared.loop
  let time: SimulatedTime
  let start: Instant
  var random: SeededGenerator
  var isBusy = false
  private let state: String
  let microphone: SimulatedMicrophone
  let speech: SimulatedService
  let brain: SimulatedService
  let probe: LoopProbe
  private(set) var lines: ObservedLines
  private(set) var speaker: SimulatedSpeaker
  private(set) var daemon: Daemon
  private var requests = 0
  private let recorder: Recorder

  /// - Throws: what keeps the world from being made: its directory, its configuration.
  public init(_ options: Options, time: SimulatedTime) throws {
    self.options = options
    self.time = time
    var random = SeededGenerator(seed: options.seed)
    settings = try WorldConfiguration.settings(in: options.directory, &random)
    let facts = Facts(settings: settings, latenessMax: Self.latenessMax.busy)
    start = LoopActor.shared.loop.now
    recorder = Recorder(options, facts, Trace(descriptor: STDOUT_FILENO, start: start))
    let record = { @LoopActor [recorder] (event: WorldEvent) in recorder.record(event) }
    microphone = SimulatedMicrophone(random: random.split())
    speaker = SimulatedSpeaker(random: random.split(), sabotage: options.sabotage, record: record)
    lines = ObservedLines(sabotage: options.sabotage, record: record)
    speech = try SimulatedService(path: "\(options.directory)/speech.sock", random: random.split())
    brain = try SimulatedService(path: "\(options.directory)/brain.sock", random: random.split())
    probe = LoopProbe(random: random.split(), record: record)
    state = "\(options.directory)/state"
    mkdir(state, 0o700)
    daemon = try Daemon(
      settings, devices: Devices(microphone: microphone, speaker: speaker, lines: lines),
      directory: options.directory, state: state)
    self.random = random
    loop.random = random.split()
  }

  /// Plays until the end; returns the last line of the trace. A broken invariant ends the process.
  public func run() async throws -> String {
    var chance = random.split()
    time.lateness = { [unowned self] in LoopActor.assumeIsolated { self.lateness(&chance) } }
    time.workTime = { .milliseconds(2) }
    watch()
    try daemon.start()
    try await rest()
    let half = start + options.duration / 2
    try await play(until: half)
    try await rest()
    try await play(until: start + options.duration)
    try await rest()
    await daemon.stop()
    census(isAtRest: false)
    if options.sabotage == .forgedFact { Disk.forge("\(state)/mtor.db") }
    record(.journal(JournalCensus(directory: state, unstored: daemon.store?.status.unstored ?? 0)))
    speech.close()
    brain.close()
    return recorder.summary(simulated: loop.now - start)
  }

  func record(_ event: WorldEvent) { recorder.record(event) }
  func tell(_ text: String) { recorder.record(.world(text)) }

  /// Sends a request to the control socket; the world goes on meanwhile.
  func ask(_ request: ControlRequest, within budget: Duration) {
    requests += 1
    let number = requests
    tell("request \(number): \(request.verb.rawValue) \(request.text ?? request.name ?? "")")
    record(.asked(request: number, until: loop.now + budget))
    let path = "\(options.directory)/control.sock"
    LoopActor.spawn("world: request") { [self] in
      try await ControlConversation.hold(request, at: path, until: loop.now + budget + .seconds(10))
      record(.answered(request: number))
    }
  }

  /// Everything well and nobody there, for longer than anything may take.
  private func rest() async throws {
    tell("everything is well, and everybody leaves")
    isBusy = false
    Disk.setFull(false)
    speech.change(to: .well)
    brain.change(to: .well)
    speaker.plug()
    microphone.plug()
    for line in settings.lines {
      lines.lines.setAway(line.name, false)
      if line.direction == .input { lines.lines.drive(line.name, false) }
    }
    try await loop.sleep(for: .seconds(5))
    microphone.sleep()
    try await loop.sleep(for: .seconds(295))
    // The clock goes on, and what it starts takes its moment.
    let phase = loop.now.nanoseconds % UInt64(WorldConfiguration.beaconTime.nanoseconds)
    if phase < 5_000_000_000 { try await loop.sleep(for: .seconds(5)) }
    census(isAtRest: true)
  }

  func census(isAtRest: Bool) {
    let own = loop.tasks.all.map(\.name).filter { !$0.hasPrefix("world") }
    let metrics = loop.metrics
    record(
      .census(
        Census(
          tasks: own.sorted(), timers: metrics.timersWaiting, descriptors: metrics.descriptorsWatched,
          running: daemon.automations.running, pending: daemon.voice?.pending ?? 0, isAtRest: isAtRest)))
  }

  private func watch() {
    _ = daemon.timeline.add { [recorder] in recorder.record(.timeline($0)) }
    // Typed by hand: Swift 6.0 does not see through the optional chain.
    let tell: @LoopActor (Int, Outcome) -> Void = { [recorder] id, outcome in
      recorder.record(.outcome(utterance: id, outcome))
    }
    daemon.voice?.onOutcome = tell
    Logging.setSink { [recorder] event in LoopActor.assumeIsolated { recorder.record(.log(event)) } }
  }

  private func lateness(_ chance: inout SeededGenerator) -> Duration {
    if options.sabotage == .lateTimer, chance.isTrue(0.05) { return .seconds(2) }
    if chance.isTrue(0.7) { return .zero }
    return chance.duration(.zero...(isBusy ? Self.latenessMax.busy : Self.latenessMax.usual))
  }

  /// The trace and the invariants.
  @LoopActor private final class Recorder {
    private let options: World.Options
    private var invariants: [any Invariant]
    private var findings = Invariants.all.map { _ in Findings() }
    private var trace: Trace

    init(_ options: World.Options, _ facts: Facts, _ trace: Trace) {
      self.options = options
      self.trace = trace
      invariants = Invariants.all.map { $0.init(facts) }
    }

    func record(_ event: WorldEvent) {
      let now = LoopActor.shared.loop.now
      trace.write("\(event)".replacing(options.directory, with: "."), at: now)
      for index in invariants.indices {
        invariants[index].observe(event, at: now, &findings[index])
        if let text = findings[index].broken.first { broken(Invariants.all[index].name, text, now) }
      }
    }

    /// `end` with what the campaign adds up.
    func summary(simulated: Duration) -> String {
      let checks = zip(Invariants.all, findings).map { "\($0.name)=\($1.checks)" }.joined(separator: ",")
      let hours = simulated.nanoseconds / 1_000_000
      return "end seed=\(options.seed) ms=\(hours) events=\(trace.lines) checks=\(checks) trace=\(trace.hash)"
    }

    private func broken(_ name: String, _ text: String, _ now: Instant) -> Never {
      trace.write("BROKEN    \(name): \(text)", at: now)
      exit(World.exitBroken)
    }
  }

  /// The exit code of a world whose invariant was broken.
  nonisolated static let exitBroken: Int32 = 3
}
