// SPDX-License-Identifier: Apache-2.0
import Loop
import Posix
import TestSupport
import Time

@testable import Workers

extension WyomingService {
  convenience init(_ endpoint: Endpoint) { self.init(name: "test", endpoint: endpoint) }
}

extension Instant {
  @LoopActor static func after(_ duration: Duration) -> Instant {
    LoopActor.shared.loop.now + duration
  }
}
