// SPDX-License-Identifier: Apache-2.0
internal import CNettle

/// An Ed25519 key that signs (RFC 8032). Keep it out of logs and descriptions.
public struct SigningKey: Sendable {
  /// Bytes of the secret.
  public static let byteCount = 32

  public let publicKey: PublicKey
  private let secret: [UInt8]

  /// Nil unless there are 32 bytes.
  public init?(secret: [UInt8]) {
    guard secret.count == Self.byteCount else { return nil }
    self.secret = secret
    var bytes = [UInt8](repeating: 0, count: PublicKey.byteCount)
    nettle_ed25519_sha512_public_key(&bytes, secret)
    publicKey = PublicKey(unchecked: bytes)
  }

  public func sign(_ message: [UInt8]) -> Signature {
    var bytes = [UInt8](repeating: 0, count: Signature.byteCount)
    nettle_ed25519_sha512_sign(publicKey.bytes, secret, message.count, message, &bytes)
    return Signature(unchecked: bytes)
  }
}

/// An Ed25519 key that verifies.
public struct PublicKey: Sendable, Hashable, CustomStringConvertible {
  public static let byteCount = 32
  public let bytes: [UInt8]

  fileprivate init(unchecked bytes: [UInt8]) { self.bytes = bytes }

  /// Nil unless there are 64 hexadecimal digits.
  public init?(hex: String) {
    guard let bytes = Hex.bytes(hex), bytes.count == Self.byteCount else { return nil }
    self.bytes = bytes
  }

  public func accepts(_ signature: Signature, of message: [UInt8]) -> Bool {
    nettle_ed25519_sha512_verify(bytes, message.count, message, signature.bytes) == 1
  }

  public var description: String { Hex.text(bytes) }
}

public struct Signature: Sendable, Hashable, CustomStringConvertible {
  public static let byteCount = 64
  public let bytes: [UInt8]

  fileprivate init(unchecked bytes: [UInt8]) { self.bytes = bytes }

  /// Nil unless there are 64 bytes.
  public init?(_ bytes: [UInt8]) {
    guard bytes.count == Self.byteCount else { return nil }
    self.bytes = bytes
  }

  public var description: String { Hex.text(bytes) }
}
