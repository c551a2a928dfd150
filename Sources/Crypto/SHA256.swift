// SPDX-License-Identifier: Apache-2.0
internal import CNettle

/// SHA-256 (FIPS 180-4), computed piece by piece. One may serve many hashes, one after the other;
/// for one thread at a time. Allocates only when it is made.
public final class SHA256 {
  private let context: UnsafeMutablePointer<sha256_ctx>

  public init() {
    context = .allocate(capacity: 1)
    context.initialize(to: sha256_ctx())
    nettle_sha256_init(context)
  }

  deinit { context.deallocate() }

  public func update(_ bytes: UnsafeRawBufferPointer) {
    guard let start = bytes.baseAddress, !bytes.isEmpty else { return }
    nettle_sha256_update(context, bytes.count, start.assumingMemoryBound(to: UInt8.self))
  }

  /// Adds eight bytes, the highest first.
  public func update(_ value: UInt64) {
    withUnsafeBytes(of: value.bigEndian) { update($0) }
  }

  /// The hash of all that was added; the next begins anew.
  public func finish() -> Digest {
    var digest = Digest.zero
    digest.fill { bytes in
      nettle_sha256_digest(context, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
    }
    return digest
  }

  public static func hash(_ bytes: some Sequence<UInt8>) -> Digest {
    let hasher = SHA256()
    Array(bytes).withUnsafeBytes { hasher.update($0) }
    return hasher.finish()
  }
}
