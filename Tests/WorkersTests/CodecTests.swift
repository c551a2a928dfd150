// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@testable import Workers

@Suite struct CodecTests {
  static let vectors: [(String, String)] = [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
    ("foobar", "Zm9vYmFy"),
  ]

  /// RFC 4648, section 10.
  @Test(arguments: vectors)
  func base64IsThatOfTheStandard(_ plain: String, _ coded: String) {
    #expect(Base64.encode(Array(plain.utf8)) == coded)
    #expect(Base64.decode(coded) == Array(plain.utf8))
    #expect(Base64.decode(coded.filter { $0 != "=" }) == Array(plain.utf8))
  }

  @Test func base64OfAnyBytesComesBack() {
    var random = Seed.generator()
    for length in 0..<300 {
      let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
      #expect(Base64.decode(Base64.encode(bytes)) == bytes)
    }
  }

  @Test func base64SkipsWhatPeopleAddAndRefusesTheRest() {
    #expect(Base64.decode("data:image/png;base64,Zm9v\r\nYmFy") == Array("foobar".utf8))
    for bad in ["Zm9v!", "Z", "Zg==Zg==", "Zm9vé"] { #expect(Base64.decode(bad) == nil, "\(bad)") }
  }

  static let streams: [(String, [EventStream.Event])] = [
    ("data: a\n\n", [.init(name: "", data: "a")]),
    ("data:a\r\n\r\ndata: b\r\r", [.init(name: "", data: "a"), .init(name: "", data: "b")]),
    ("event: x\ndata: 1\ndata: 2\n\n", [.init(name: "x", data: "1\n2")]),
    (": ping\n\ndata\n\n", [.init(name: "", data: "")]),
    ("\u{feff}data: ü\n\n", [.init(name: "", data: "ü")]),
    ("event: x\n\ndata: y\n\n", [.init(name: "", data: "y")]),
    ("id: 7\nretry: 5\ndata: a:b\n\n", [.init(name: "", data: "a:b")]),
    ("data: unfinished", []),
  ]

  @Test(arguments: streams)
  func eventsAreTheSameHoweverTheBytesAreCut(_ text: String, _ expected: [EventStream.Event]) throws {
    let bytes = Array(text.utf8)
    for size in 1...max(1, bytes.count) {
      var stream = EventStream()
      var events: [EventStream.Event] = []
      for start in stride(from: 0, to: bytes.count, by: size) {
        let piece = Array(bytes[start..<min(start + size, bytes.count)])
        events += try piece.withUnsafeBytes { (piece) throws(EventStream.TooLarge) in
          try stream.receive(piece)
        }
      }
      #expect(events == expected, "pieces of \(size)")
    }
  }

  @Test func anEventWithoutEndIsRefused() {
    var stream = EventStream()
    let filler = [UInt8](repeating: 0x61, count: EventStream.dataMaxBytes + 1)
    _ = thrown(EventStream.TooLarge.self) {
      try filler.withUnsafeBytes { (bytes) throws(EventStream.TooLarge) in try stream.receive(bytes) }
    }
  }

  @Test func aNameCannotBreakOutOfItsLine() {
    var form = MultipartForm(boundary: "b")
    form.add("file", file: "a\"\r\nX: y", type: "audio/wav", [1])
    let text = String(decoding: form.body, as: UTF8.self)
    #expect(text.contains("filename=\"a%22%0D%0AX: y\"\r\nContent-Type"))
    #expect(text.hasSuffix("\r\n--b--\r\n"))
  }
}
