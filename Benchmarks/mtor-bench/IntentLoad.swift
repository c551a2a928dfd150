// SPDX-License-Identifier: Apache-2.0
import Intents
import Time

/// `Realms` under a steady load: whenever a worker answers, another intent comes.
struct IntentLoad {
  private var machine: Realms
  private var now = Instant(nanoseconds: 1_000_000_000)
  /// Calls under way, the oldest first: a ring.
  private var calls: [CallID] = []
  private var oldest = 0
  private var submitted = 0
  private let ids: [String]
  private let users = (0..<8).map { "user \($0)" }
  private let payload = Payload.text("turn on the light in the kitchen, please")

  /// Intents that have ended.
  private(set) var settled = 0

  /// - Parameters:
  ///   - inFlight: calls under way at any time; at most as many as there are places.
  ///   - queued: intents that wait beside them; needs `inFlight` to be all places.
  init(workers: Int, slots: Int, inFlight: Int, queued: Int) {
    var limits = Realms.Limits()
    limits.intentsMax = 1 << 20
    machine = Realms(limits: limits, seed: 1)
    ids = (0..<4 * (inFlight + queued) + 16).map { "intent \($0)" }
    handle(.realm(RealmProfile("$CHAT", queueMax: queued + 1)))
    for index in 0..<workers {
      let name = "worker \(index)"
      handle(.worker(WorkerProfile(name, realms: ["$CHAT"], slots: slots)))
      handle(.probed(worker: name, .alive(Capabilities())))
    }
    for _ in 0..<inFlight + queued { submit() }
    // Until all tables have grown and latencies are known.
    run(2 * (inFlight + queued) + 2000)
    settled = 0
  }

  /// So many times: the oldest call is answered, another intent is submitted.
  mutating func run(_ count: Int) {
    for _ in 0..<count {
      now = now + .microseconds(20)
      let call = calls[oldest]
      calls[oldest] = calls[calls.count - 1]
      calls.removeLast()
      oldest = oldest + 1 < calls.count ? oldest + 1 : 0
      handle(.answered(call, payload))
      submit()
    }
  }

  private mutating func submit() {
    submitted += 1
    // Deadlines in no order, none of them near.
    let deadline = now + .milliseconds(600_000 + Int64(submitted &* 7919 % 100_000))
    handle(
      .submitted(
        Intent(
          id: ids[submitted % ids.count], realm: "$CHAT", payload: payload, deadline: deadline,
          origin: .user, user: users[submitted & 7], isIdempotent: true)))
  }

  private mutating func handle(_ event: RealmsEvent) {
    for action in machine.handle(event, at: now) {
      switch action {
      case .call(let id, _, _, _): calls.append(id)
      case .settle: settled += 1
      default: break
      }
    }
  }
}
