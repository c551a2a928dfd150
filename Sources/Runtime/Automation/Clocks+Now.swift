// SPDX-License-Identifier: Apache-2.0
import Automation
import Store

extension Clocks {
  /// Both clocks now.
  static var now: Clocks {
    let stamp = Stamp.now
    return Clocks(wall: stamp.wall, monotonic: stamp.monotonic)
  }
}
