// SPDX-License-Identifier: Apache-2.0
import Crypto
import TestSupport
import Testing

@Suite struct CryptoTests {
  /// Source: FIPS 180-4 examples.
  static let hashes = [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
  ]

  @Test(arguments: hashes) func hashesAreThoseOfTheStandard(_ text: String, _ hash: String) {
    #expect(SHA256.hash(text.utf8).description == hash)
    #expect(Digest(hex: hash) == SHA256.hash(text.utf8))
  }

  @Test func piecesGiveTheSameAsTheWhole() {
    let hasher = SHA256()
    for _ in 0..<2 {
      for byte in "abc".utf8 { withUnsafeBytes(of: byte) { hasher.update($0) } }
      #expect(hasher.finish() == SHA256.hash("abc".utf8))
    }
  }

  /// Source: RFC 8032, 7.1, test 2.
  @Test func signaturesAreThoseOfTheStandard() throws {
    let secret = try #require(Hex.bytes("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"))
    let key = try #require(SigningKey(secret: secret))
    #expect(
      key.publicKey.description == "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
    let signature = key.sign([0x72])
    #expect(
      signature.description == "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        + "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00")
    #expect(key.publicKey.accepts(signature, of: [0x72]))
    #expect(!key.publicKey.accepts(signature, of: [0x73]))
    #expect(SigningKey(secret: Array(secret.dropLast())) == nil)
    #expect(Signature(Array(signature.bytes.dropLast())) == nil)
  }

  static let notHexadecimal = ["0", "0g", "é0", "12 4", String(repeating: "a", count: 62)]

  @Test(arguments: notHexadecimal) func whatIsNotADigestIsRefused(_ text: String) {
    #expect(Digest(hex: text) == nil)
    #expect(PublicKey(hex: text) == nil)
  }
}
