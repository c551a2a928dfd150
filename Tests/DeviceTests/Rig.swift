// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing

extension Trait where Self == ConditionTrait {
  /// Only in the rig's kernel, which has gpio-sim, snd-aloop and LEDs: `make rig-test`.
  static var inRig: Self {
    .enabled(if: getenv("MTOR_RIG") != nil, "needs the rig's kernel: make rig-test")
  }

  /// Only where mtor is installed and systemd runs, in the rig: `make rig-systemd`.
  static var underSystemd: Self {
    .enabled(if: getenv("MTOR_RIG_SYSTEMD") != nil, "needs systemd in the rig's kernel: make rig-systemd")
  }
}
