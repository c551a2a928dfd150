// SPDX-License-Identifier: Apache-2.0
import JSON
import TestSupport
import Testing

@Suite struct JSONTests {
  struct Sample: Codable, Equatable {
    struct Part: Codable, Equatable {
      var name: String
      var weights: [Double]
      var extra: JSONValue?
    }
    enum Kind: String, Codable { case big, small }
    var id: UInt64
    var kind: Kind
    var isOn: Bool?
    var parts: [Part]
    var notes: [String: Int]
  }

  static let sample = Sample(
    id: 9_007_199_254_740_993, kind: .big, isOn: nil,
    parts: [.init(name: "Ü \"x\" \n", weights: [0.5, -1e-7, 3], extra: ["a": [1, nil, "b"]])],
    notes: ["n": -1])

  @Test(arguments: [JSONStyle.compact, .spaced, .pretty, JSONStyle(.pretty, sortsKeys: true)])
  func codableTypesSurviveTheRoundTrip(style: JSONStyle) throws {
    let bytes = try JSONText.encode(Self.sample, style)
    #expect(bytes.last == UInt8(ascii: "}"))
    #expect(try JSONText.decode(Sample.self, from: bytes) == Self.sample)
  }

  @Test func layoutsAreAsDocumented() throws {
    let value: JSONValue = ["b": [1, 2.5], "a": [:], "é": "\u{1}/\\"]
    #expect(try JSONText.string(value) == #"{"b":[1,2.5],"a":{},"é":"\u0001/\\"}"#)
    #expect(try JSONText.string(value, .spaced) == #"{"b": [1, 2.5], "a": {}, "é": "\u0001/\\"}"#)
    let pretty = "{\n  \"a\": {},\n  \"b\": [\n    1,\n    2.5\n  ],\n  \"é\": \"\\u0001/\\\\\"\n}"
    #expect(try JSONText.string(value, JSONStyle(.pretty, sortsKeys: true)) == pretty)
  }

  @Test(arguments: [
    ("-9223372036854775808", JSONValue.integer(.min)),
    ("9223372036854775808", .number(9.223372036854775808e18)),
    ("1e3", .number(1000)), ("-0.5E-1", .number(-0.05)), (#""\ud83d\ude00\u00e9\n""#, "😀é\n"),
    (#""\ud83d""#, "\u{fffd}"), (" [ ] ", .array([])),
    (#"{"a":1,"b":2,"a":3}"#, JSONValue.object(["a": 3, "b": 2])), ("null", nil),
  ])
  func valuesAreReadExactly(text: String, value: JSONValue) throws {
    #expect(try JSONText.value(Array(text.utf8)) == value)
  }

  @Test(arguments: [
    ("", 0), ("{", 1), ("{\"a\" 1}", 5), ("[1 2]", 3), ("[1,]", 3), ("01", 2), ("1.", 2), ("-", 1),
    ("nul", 3),
    ("NaN", 0), ("\"\\x\"", 2), ("\"\\u12g4\"", 5), ("\"a", 2), ("\"a\\", 3), ("\"\t\"", 1),
    ("{} x", 3),
    ("1e999", 5), ("{\"a\":}", 5), ("'a'", 0),
  ])
  func badTextIsRefusedAtItsOffset(text: String, offset: Int) {
    let error = thrown(JSONError.self) { try JSONText.value(Array(text.utf8)) }
    #expect(error?.place == .offset(offset), "\(text): \(String(describing: error))")
  }

  @Test func badUTF8IsRefused() {
    #expect(throws: JSONError.self) { try JSONText.value([0x22, 0xff, 0x22]) }
    #expect(throws: JSONError.self) { try JSONText.value([0x22, 0x5c, 0x6e, 0xc0, 0xaf, 0x22]) }
  }

  @Test func depthAndSizeAreLimited() throws {
    let deep = [UInt8](repeating: UInt8(ascii: "["), count: 100_000)
    #expect(throws: JSONError("more than 64 levels deep", at: .offset(65))) {
      try JSONText.value(deep)
    }
    let closing = [UInt8](repeating: UInt8(ascii: "]"), count: 64)
    #expect(throws: Never.self) { try JSONText.value(deep.prefix(64) + closing) }
    #expect(throws: JSONError("5 bytes, at most 4 are read", at: .offset(4))) {
      try JSONText.decode(Int.self, from: "12345", sizeMaxBytes: 4)
    }
  }

  @Test(arguments: [
    (
      #"{"id":1,"kind":"big","parts":[{"name":3,"weights":[]}],"notes":{}}"#,
      "JSON: $.parts[0].name: expected a string, found a number"
    ),
    (
      #"{"id":-1,"kind":"big","parts":[],"notes":{}}"#,
      "JSON: $.id: expected a whole number (UInt64), found a number"
    ),
    (
      #"{"id":1,"kind":"big","parts":{},"notes":{}}"#,
      "JSON: $.parts: expected an array, found an object"
    ),
    (#"{"id":1,"kind":"big","parts":[]}"#, "JSON: $.notes: missing"),
    (
      #"{"id":1,"kind":"huge","parts":[],"notes":{}}"#,
      "JSON: $.kind: Cannot initialize Kind from invalid String value huge"
    ),
  ])
  func wrongShapesAreNamedWithTheirPath(text: String, message: String) {
    let error = thrown(JSONError.self) { try JSONText.decode(Sample.self, from: text) }
    #expect(error?.description == message)
  }

  /// Two numbers.
  struct Pair: Decodable {
    init(from decoder: any Decoder) throws {
      var list = try decoder.unkeyedContainer()
      for _ in 0..<2 { _ = try list.decode(Int.self) }
    }
  }

  /// Refuses with an error of its own.
  struct Stubborn: Codable {
    struct No: Error, CustomStringConvertible { let description = "I do not like it" }
    init() {}
    init(from decoder: any Decoder) throws { throw No() }
    func encode(to encoder: any Encoder) throws { throw No() }
  }

  @Test func whatATypeThatCodesItselfRefusesIsTold() {
    let refused = JSONError("I do not like it", at: .path("$"))
    #expect(throws: refused) { try JSONText.decode(Stubborn.self, from: "1") }
    #expect(throws: refused) { try JSONText.encode(Stubborn()) }
    #expect(throws: JSONError("the array is too short", at: .path("$[1]"))) {
      try JSONText.decode(Pair.self, from: "[1]")
    }
    #expect(throws: JSONError("expected an object, found an array", at: .path("$"))) {
      try JSONText.decode(Sample.self, from: "[1]")
    }
  }

  @Test(arguments: ["1.5": "a number", "\"7\"": "a string"])
  func aReaderWantsAWholeNumber(text: String, found: String) {
    #expect(throws: JSONError("expected a whole number, found \(found)", at: .offset(0))) {
      try Array(text.utf8).withUnsafeBufferPointer {
        var reader = JSONReader($0)
        _ = try reader.integerOrNull()
      }
    }
  }

  @Test func whatJSONCannotHoldIsRefused() {
    #expect(throws: JSONError("JSON cannot hold inf", at: .path("$[1]"))) {
      try JSONText.encode([1, Double.infinity])
    }
    #expect(throws: JSONError.self) { try JSONText.encode(UInt64.max) }
  }

  @Test func readersSkipWhatTheCallerDoesNotWant() throws {
    let text = Array(#"{"x": [1, {"y": "\""}], "length": 7, "l\u0065ngth2": null}"#.utf8)
    var found: [Int64?] = []
    try text.withUnsafeBufferPointer {
      var reader = JSONReader($0)
      try reader.object { (key, reader) throws(JSONError) in
        guard key == "length" || key == "length2" else { return false }
        found.append(try reader.integerOrNull())
        return true
      }
      try reader.end()
    }
    #expect(found == [7, nil])
  }
}
