// SPDX-License-Identifier: Apache-2.0
import Crypto
import JSON

/// How far a journal went at some time: whoever keeps it can tell later that nothing before it was
/// changed, and that nothing of it was cut off.
public struct JournalHead: Sendable, Equatable {
  public var seq: Int64
  public var hash: Digest
  /// The first row that was not removed for good.
  public var first: Int64
  /// When it was made: nanoseconds since 1970.
  public var wall: Int64
  /// Missing without a key.
  public var signature: Signature?
  public var publicKey: PublicKey?

  /// Unsigned.
  public init(seq: Int64, hash: Digest, first: Int64, wall: Int64) {
    self.seq = seq
    self.hash = hash
    self.first = first
    self.wall = wall
  }

  public mutating func sign(_ key: SigningKey) {
    publicKey = key.publicKey
    signature = key.sign(message)
  }

  /// Signed by the owner of `key`.
  public func isSigned(by key: PublicKey) -> Bool {
    signature.map { key.accepts($0, of: message) } ?? false
  }

  /// What is signed.
  private var message: [UInt8] { Array("mtor-head-1 \(seq) \(hash) \(first) \(wall)".utf8) }

  public var json: JSONObject {
    var object: JSONObject = [
      "seq": .integer(seq), "hash": .string("\(hash)"), "first": .integer(first),
      "wall": .integer(wall),
    ]
    object["key"] = publicKey.map { .string("\($0)") }
    object["signature"] = signature.map { .string("\($0)") }
    return object
  }

  /// Nil when a member is missing or not what it should be.
  public init?(json: JSONObject) {
    guard let seq = json["seq"]?.integerValue, let first = json["first"]?.integerValue,
      let wall = json["wall"]?.integerValue,
      let hash = json["hash"]?.stringValue.flatMap(Digest.init(hex:))
    else { return nil }
    self.init(seq: seq, hash: hash, first: first, wall: wall)
    publicKey = json["key"]?.stringValue.flatMap(PublicKey.init(hex:))
    signature = json["signature"]?.stringValue.flatMap(Hex.bytes).flatMap { Signature($0) }
  }
}
