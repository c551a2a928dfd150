// SPDX-License-Identifier: Apache-2.0
internal import CLinux
import Glibc
import JSON
import Time

extension Stamp {
  public static var now: Stamp {
    let time = cl_wall_time()
    let wall = Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    return Stamp(wall: wall, monotonic: Instant(nanoseconds: cl_monotonic_ns()))
  }
}

/// Something that happened, before it has its place in the journal.
public struct JournalEntry: Sendable, Equatable {
  public static let kindBytesMax = 64
  public static let bodyBytesMax = 64 << 10
  /// Most bodies are no longer: one allocation does.
  private static let usualBytes = 96

  /// Short, constant, from a small set: `boot`, `gesture`, `store.gap`.
  public let kind: String
  /// A JSON object in canonical form: members in the order of their keys, no white space, so that
  /// equal facts have equal bytes.
  public let body: [UInt8]
  public let stamp: Stamp

  public init(_ kind: String, _ body: JSONObject = JSONObject(), at stamp: Stamp = .now) {
    self.kind = kind
    self.stamp = stamp
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Self.usualBytes)
    JSONWriter(JSONStyle(.compact, sortsKeys: true)).append(body, to: &bytes)
    self.body = bytes
  }
}

/// Identifies one start of the kernel.
public struct BootID: Sendable, Hashable {
  public static let byteCount = 16
  public let bytes: [UInt8]

  /// Nil unless there are 16 bytes.
  public init?(_ bytes: some Collection<UInt8>) {
    guard bytes.count == Self.byteCount else { return nil }
    self.bytes = Array(bytes)
  }

  public static let unknown = BootID(zero: ())
  private init(zero: Void) { bytes = [UInt8](repeating: 0, count: Self.byteCount) }
}
