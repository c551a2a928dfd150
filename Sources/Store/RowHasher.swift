// SPDX-License-Identifier: Apache-2.0
import Crypto

/// The hash of a journal row. Allocates nothing.
///
/// SHA-256 over: hash of the row before (32 bytes), seq, wall, monotonic (8 each, highest byte first),
/// boot id (16), bytes of the kind and of the body (4 each), kind, body. Lengths come before what
/// they measure, so that no two rows give the same bytes.
struct RowHasher {
  private static let headerBytes = 80
  private let hasher = SHA256()

  func hash(
    previous: Digest, seq: Int64, wall: Int64, monotonic: UInt64, boot: UnsafeRawBufferPointer,
    kind: UnsafeRawBufferPointer, body: UnsafeRawBufferPointer
  ) -> Digest {
    withUnsafeTemporaryAllocation(byteCount: Self.headerBytes, alignment: 8) { header in
      previous.withBytes { header.copyMemory(from: $0) }
      header.storeBytes(of: UInt64(bitPattern: seq).bigEndian, toByteOffset: 32, as: UInt64.self)
      header.storeBytes(of: UInt64(bitPattern: wall).bigEndian, toByteOffset: 40, as: UInt64.self)
      header.storeBytes(of: monotonic.bigEndian, toByteOffset: 48, as: UInt64.self)
      for index in 0..<BootID.byteCount { header[56 + index] = index < boot.count ? boot[index] : 0 }
      let (kindBytes, bodyBytes) = (UInt32(clamping: kind.count), UInt32(clamping: body.count))
      header.storeBytes(of: kindBytes.bigEndian, toByteOffset: 72, as: UInt32.self)
      header.storeBytes(of: bodyBytes.bigEndian, toByteOffset: 76, as: UInt32.self)
      hasher.update(UnsafeRawBufferPointer(header))
    }
    hasher.update(kind)
    hasher.update(body)
    return hasher.finish()
  }
}
