// SPDX-License-Identifier: Apache-2.0
import Time

/// What `Realms` knows of a worker.
struct WorkerRecord: Sendable {
  /// Its latency in one realm.
  struct Service: Sendable {
    let realm: Int
    /// Exponentially weighted mean of what its answers took, in nanoseconds; 0: none yet.
    private(set) var latency: Int64 = 0
    /// There was an answer since the last probe: else it is worth a try whatever it took once.
    var isFresh = false

    init(realm: Int) { self.realm = realm }

    mutating func answered(_ took: Int64) {
      latency = latency == 0 ? max(1, took) : max(1, latency + (took - latency) / 5)
      isFresh = true
    }

    /// Given up after so long: it would have taken more.
    mutating func wasSlow(_ elapsed: Int64) {
      if latency > 0, elapsed > latency { answered(elapsed) }
    }
  }

  struct Probe: Sendable {
    var deadline: Instant
    /// It had or got something to do meanwhile: silence proves nothing.
    var wasBusy: Bool
  }

  var profile: WorkerProfile
  var capabilities = Capabilities()
  var breaker = Breaker()
  var health = Health()
  var inFlight = 0
  var isDraining = false
  var isRemoved = false
  /// It asked to be left alone until then.
  var pausedUntil = Instant.zero
  var probe: Probe?
  /// When to probe it next, if nothing is heard from it till then.
  var probeAt = Instant.zero
  /// The last answer, of whatever kind.
  var lastSign = Instant.zero
  var lastStart: UInt64 = 0
  var pools: [Int] = []
  var services: [Service] = []
  var answered = 0
  var failed = 0

  /// Distinguishes the workers that have had this row.
  let generation: UInt32

  init(_ profile: WorkerProfile, generation: UInt32) {
    self.profile = profile
    self.generation = generation
  }

  var name: String { profile.name }
  var slots: Int {
    max(1, min(WorkerProfile.slotsMax, profile.slots ?? capabilities.slots ?? WorkerProfile.slotsDefault))
  }
  /// Requests that it may have now.
  var places: Int { breaker.state == .halfOpen ? 1 : slots }
  var isUsable: Bool { !isDraining && breaker.isUsable }

  func isReady(at now: Instant) -> Bool { isUsable && inFlight < places && pausedUntil <= now }

  func hasModel(_ model: String) -> Bool {
    profile.name == model || profile.models.contains(model) || capabilities.models.contains(model)
  }

  func service(_ realm: Int) -> Int? { services.firstIndex { $0.realm == realm } }

  /// In nanoseconds; 0: not known.
  func latency(_ realm: Int) -> Int64 { service(realm).map { services[$0].latency } ?? 0 }
}
