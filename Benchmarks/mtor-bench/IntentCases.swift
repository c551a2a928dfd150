// SPDX-License-Identifier: Apache-2.0
import CBench
import CInstruments
import Glibc

private let intents = 50_000

/// Queue, choice of a worker and settlement, in this process: processor time, so that the figures hold
/// on a busy machine too.
let intentCases: [Case] = [
  .measure("intents.throughput", "ns", goal: 5000) {
    nanosecondsPerIntent(IntentLoad(workers: 4, slots: 4, inFlight: 16, queued: 1000))
  },
  .compare(
    "intents.10000_queued", "ns", goal: 1.2, to: "10 queued", operations: intents,
    ours: { nanosecondsPerIntent(IntentLoad(workers: 4, slots: 4, inFlight: 16, queued: 10_000)) },
    baseline: { nanosecondsPerIntent(IntentLoad(workers: 4, slots: 4, inFlight: 16, queued: 10)) }),
  .compare(
    "intents.100_workers", "ns", goal: 1.2, to: "1 worker", operations: intents,
    ours: { nanosecondsPerIntent(IntentLoad(workers: 100, slots: 4, inFlight: 400, queued: 100)) },
    baseline: { nanosecondsPerIntent(IntentLoad(workers: 1, slots: 4, inFlight: 4, queued: 100)) }),
  .measure("intents.allocations", "count", goal: 0) { allocationsPerIntent() },
  .measure("intents.memory_in_flight", "bytes", goal: 4096) { bytesPerIntent(1000) },
]

private func nanosecondsPerIntent(_ load: IntentLoad) -> Double {
  var load = load
  let start = processorTime()
  load.run(intents)
  return (processorTime() - start) / Double(intents)
}

private func allocationsPerIntent() -> Double {
  var load = IntentLoad(workers: 4, slots: 4, inFlight: 16, queued: 100)
  let before = ci_thread_allocations()
  load.run(intents)
  // A table that grows once in a while is no cost of an intent.
  return (Double(ci_thread_allocations() - before) / Double(intents) * 100).rounded() / 100
}

/// What an intent under way takes beyond its payload, whatever tables it is in.
private func bytesPerIntent(_ count: Int) -> Double {
  let empty = cb_heap_bytes()
  let load = IntentLoad(workers: 4, slots: count / 4, inFlight: count, queued: 0)
  let full = cb_heap_bytes()
  // The load is alive until here.
  precondition(load.settled == 0)
  return (Double(full) - Double(empty)) / Double(count)
}

/// Of this thread, in nanoseconds.
private func processorTime() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
}
