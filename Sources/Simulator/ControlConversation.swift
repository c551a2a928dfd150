// SPDX-License-Identifier: Apache-2.0
import Glibc
import JSON
import Loop
import Posix
import Runtime
import Time

/// One request on the control socket, as `mtor` makes it, on the loop.
@LoopActor enum ControlConversation {
  /// Returns when the last reply has come, which is when the other side closes.
  static func hold(_ request: ControlRequest, at path: String, until deadline: Instant) async throws {
    let loop = LoopActor.shared.loop
    guard let address = SocketAddress(.unix(path: path)) else { return }
    let connection = try await loop.connect(to: address, until: deadline)
    let line = try JSONText.encode(request) + [UInt8(ascii: "\n")]
    let raw = connection.raw
    _ = line.withUnsafeBytes { Glibc.write(raw, $0.baseAddress, $0.count) }
    var bytes = [UInt8](repeating: 0, count: 16_384)
    var isOver = false
    while !isOver {
      try await loop.ready(raw, .read, on: "world: reply", until: deadline)
      let count = bytes.withUnsafeMutableBytes { Glibc.read(raw, $0.baseAddress, $0.count) }
      isOver = count == 0 || (count < 0 && errno != EAGAIN)
    }
    connection.close()
  }
}
