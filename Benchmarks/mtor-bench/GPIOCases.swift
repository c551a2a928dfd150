// SPDX-License-Identifier: Apache-2.0
import CBench
import Glibc
import Loop

let togglesPerRound = 300

/// Edge → rule → output, ours against a bare C program in the same kernel. Only where chips can be
/// simulated: `scripts/bench --rig`. Elsewhere the table is empty.
///
/// The rig's system calls cost a hundred times a board's, a clock reading too: `gpio.clock_reading` tells
/// how much. Both sides make the same four an edge: wait, read, set, and the clock for the answer.
let gpioCases: [Case] =
  access("/sys/kernel/config/gpio-sim", W_OK) != 0
  ? []
  : [
    .compare(
      "gpio.edge_to_output", "us", goal: 1.2, to: "C poll",
      ours: { try EdgeSide.ours().medianMicroseconds(togglesPerRound) },
      baseline: { try EdgeSide.baseline().medianMicroseconds(togglesPerRound) }),
    .measure("gpio.allocs_per_edge", "count", goal: 0) {
      try EdgeSide.ours().allocations(EdgeResponder.allocationsPerEdge, togglesPerRound)
    },
    .measure("gpio.allocs_per_rule", "count") {
      try EdgeSide.ours().allocations(EdgeResponder.allocationsPerRule, togglesPerRound)
    },
    .measure("gpio.clock_reading", "us") { clockReading() },
  ]

private func clockReading() -> Double {
  let start = cb_edge_now()
  var last = start
  for _ in 0..<1000 { last = cb_edge_now() }
  return Double(last - start) / 1e6
}
