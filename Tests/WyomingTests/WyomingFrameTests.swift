// SPDX-License-Identifier: Apache-2.0
import JSON
import Loop
import TestSupport
import Testing
import Time
import Wyoming

@Suite struct WyomingFrameTests {
  @Test(arguments: WyomingVector.all)
  func recordedMessagesAreWrittenAndReadByteForByte(vector: WyomingVector) throws {
    var bytes: [UInt8] = []
    WyomingEncoder(version: vector.version).append(vector.event, to: &bytes)
    #expect(String(decoding: bytes, as: UTF8.self) == vector.bytes)
    #expect(try decodeAll([bytes]) == [.frame(vector.event.frame)])
  }

  @Test(arguments: WyomingVector.chunks.indices)
  func recordedAudioChunksAreWrittenAndReadByteForByte(index: Int) throws {
    let vector = WyomingVector.chunks[index]
    let payload = (0..<vector.payload).map { UInt8(truncatingIfNeeded: $0) }
    let audio = WyomingAudio(.init(rateHz: vector.rateHz), timestamp: vector.timestamp)
    var encoder = WyomingEncoder(version: vector.version)
    var bytes: [UInt8] = []
    payload.withUnsafeBytes { encoder.append(audio, $0, to: &bytes) }
    #expect(bytes == Array(vector.header.utf8) + payload)

    var decoder = WyomingDecoder()
    bytes.withUnsafeBytes { decoder.append($0) }
    #expect(try decoder.next() == .audio(audio, payloadCount: vector.payload))
    var copy = [UInt8](repeating: 0, count: vector.payload)
    let first = copy.withUnsafeMutableBytes {
      decoder.copyPayload(from: 0, into: .init(rebasing: $0[..<100]))
    }
    let rest = copy.withUnsafeMutableBytes {
      decoder.copyPayload(from: 100, into: .init(rebasing: $0[100...]))
    }
    #expect(first + rest == vector.payload)
    #expect(copy == payload)
    #expect(try decoder.next() == nil)
  }

  /// Inline, separate, both, none; null and negative lengths; unknown keys; no bytes in between.
  @Test(
    arguments: [
      (#"{"type": "t", "data": {"a": 1}}\#n"#, WyomingFrame("t", ["a": 1])),
      (#"{"type":"t","data_length":7}\#n{"b":2}"#, WyomingFrame("t", ["b": 2])),
      (
        #"{"data": {"a":1,"b":1}, "data_length":7, "payload_length":3, "type":"t"}\#n{"b":2}xyz"#,
        WyomingFrame("t", ["a": 1, "b": 2], payload: Array("xyz".utf8))
      ),
      (
        #"{"type":"t", "data":null, "data_length":null, "payload_length":-5, "new":{"x":[1]}}\#r\#n"#,
        WyomingFrame("t")
      ),
      (#"{"type": "t", "payload_length": 0, "data_length": 0}\#n"#, WyomingFrame("t")),
      (
        #"{"t\u0079pe": "tr\u0061nscript", "data": {"text": "é"}}\#n"#,
        WyomingFrame("transcript", ["text": "é"])
      ),
    ] as [(String, WyomingFrame)])
  func everyCombinationOfDataIsRead(text: String, frame: WyomingFrame) throws {
    #expect(try decodeAll([Array(text.utf8)]) == [.frame(frame)])
    #expect(try decodeAll(text.utf8.map { [$0] }) == [.frame(frame)], "byte by byte")
  }

  @Test(
    arguments: [
      (
        "hello\n",
        "header is malformed (JSON: expected an object at byte 0): is this a Wyoming service?"
      ),
      (
        "\n",
        "header is malformed (JSON: text ends, expected an object at byte 0): is this a Wyoming service?"
      ),
      (
        "[1]\n",
        "header is malformed (JSON: expected an object at byte 0): is this a Wyoming service?"
      ),
      ("{}\n", "header is malformed (no 'type'): is this a Wyoming service?"),
      (
        #"{"type": 5}\#n"#,
        "header is malformed (JSON: expected a string at byte 9): is this a Wyoming service?"
      ),
      (
        #"{"type": "t", "data": [1]}\#n"#,
        "header is malformed (JSON: 'data' is not an object at byte 25): is this a Wyoming service?"
      ),
      (
        #"{"type": "t", "data_length": "7"}\#n"#,
        "header is malformed (JSON: expected a whole number, found a string at byte 28): is this a Wyoming service?"
      ),
      (
        #"{"type": "t", "payload_length": 4294967296}\#n"#,
        "'t' announces 4294967296 bytes of payload, at most 1048576 are accepted"
      ),
      (
        #"{"type": "t", "data_length": 4294967296}\#n"#,
        "'t' announces 4294967296 bytes of data, at most 1048576 are accepted"
      ),
      (#"{"type": "t", "data_length": 4}\#nnull"#, "data of 't' is malformed (not an object)"),
      (
        #"{"type": "t", "data_length": 3}\#n{"a"#,
        "data of 't' is malformed (JSON: text ends inside a string at byte 3)"
      ),
      (
        #"{"type": "audio-chunk", "payload_length": 2}\#nxx"#,
        "data of 'audio-chunk' is malformed (rate, width or channels is missing)"
      ),
      (
        #"{"type": "audio-chunk", "data": {"rate": 0, "width": 2, "channels": 1}}\#n"#,
        "data of 'audio-chunk' is malformed (0 Hz, 2 bytes, 1 channels)"
      ),
    ] as [(String, String)])
  func malformedInputIsNamedAndEndsTheStream(text: String, message: String) {
    var decoder = WyomingDecoder()
    Array(text.utf8).withUnsafeBytes { decoder.append($0) }
    for _ in 0..<2 {
      let error = thrown(WyomingError.self) { try decoder.next() }
      #expect(error?.description == message)
    }
    #expect(decoder.bufferedCount == 0)
  }

  @Test func anEndlessHeaderIsRefusedAtItsLimit() throws {
    var decoder = WyomingDecoder()
    let piece = [UInt8](repeating: UInt8(ascii: "{"), count: 4096)
    for _ in 0..<16 {
      piece.withUnsafeBytes { decoder.append($0) }
      #expect(try decoder.next() == nil)
    }
    piece.withUnsafeBytes { decoder.append($0) }
    #expect(throws: WyomingError.headerTooLong(maxBytes: 65536)) { try decoder.next() }
    var whole = WyomingDecoder()
    let line = [UInt8](repeating: UInt8(ascii: "{"), count: 65_537) + [UInt8(ascii: "\n")]
    line.withUnsafeBytes { whole.append($0) }
    #expect(throws: WyomingError.headerTooLong(maxBytes: 65536)) { try whole.next() }
  }

  @Test func textIsNotEscapedBeyondNeed() throws {
    var bytes: [UInt8] = []
    WyomingEncoder(version: "x").append(.transcriptChunk(text: "Tür \"auf\"\n/😀"), to: &bytes)
    let data = #"{"text": "Tür \"auf\"\n/😀"}"#
    #expect(
      String(decoding: bytes, as: UTF8.self)
        == #"{"type": "transcript-chunk", "version": "x", "data_length": \#(data.utf8.count)}"#
        + "\n" + data)
  }

  @Test func anySplitOfAStreamDecodesEqually() throws {
    var random = Seed.generator()
    for _ in 0..<200 {
      let stream = randomStream(using: &random)
      let whole = try decodeAll([stream])
      #expect(try decodeAll(split(stream, using: &random)) == whole)
    }
  }

  @Test func mutatedStreamsNeverCrashNorGrow() throws {
    var random = Seed.generator()
    for _ in 0..<1500 {
      var stream = randomStream(using: &random)
      for _ in 0..<Int.random(in: 1...8, using: &random) { mutate(&stream, using: &random) }
      var decoder = WyomingDecoder()
      do throws(WyomingError) {
        for piece in split(stream, using: &random) {
          piece.withUnsafeBytes { decoder.append($0) }
          while let element = try decoder.next() {
            if case .frame(let frame) = element { _ = try? WyomingEvent(frame) }
          }
        }
      } catch { #expect(decoder.bufferedCount == 0) }
      #expect(decoder.bufferedCount <= stream.count)
    }
  }

  @Test func audioChunksPassWithoutAnAllocation() async throws {
    let count = try await Instruments.allocations { try Self.exchange.run() }
    #expect(count == 0)
  }

  /// Encoder, wire buffer and decoder that live on from chunk to chunk.
  @LoopActor private static let exchange = AudioExchange()

  // MARK: Helpers

  private func randomStream(using random: inout SeededGenerator) -> [UInt8] {
    var stream: [UInt8] = []
    var encoder = WyomingEncoder()
    for _ in 0..<Int.random(in: 1...12, using: &random) {
      if Bool.random(using: &random) {
        encoder.append(WyomingVector.all.randomElement(using: &random)!.event, to: &stream)
      } else {
        let payload = [UInt8](repeating: 9, count: Int.random(in: 0...700, using: &random))
        let timestamp =
          Bool.random(using: &random) ? Int64.random(in: 0...1 << 50, using: &random) : nil
        payload.withUnsafeBytes {
          encoder.append(WyomingAudio(.speech, timestamp: timestamp), $0, to: &stream)
        }
      }
    }
    return stream
  }

  private func split(_ stream: [UInt8], using random: inout SeededGenerator) -> [[UInt8]] {
    var pieces: [[UInt8]] = []
    var rest = stream[...]
    let longest = [1, 7, 100, 5000].randomElement(using: &random)!
    while !rest.isEmpty {
      let piece = rest.prefix(Int.random(in: 1...longest, using: &random))
      pieces.append(Array(piece))
      rest = rest.dropFirst(piece.count)
    }
    return pieces
  }

  private func mutate(_ stream: inout [UInt8], using random: inout SeededGenerator) {
    let place = stream.indices.randomElement(using: &random)!
    switch Int.random(in: 0..<4, using: &random) {
    case 0: stream[place] = UInt8.random(in: 0...255, using: &random)
    case 1:
      stream[place] = Array("{}[]\":,\\0123456789eu\n\t-n".utf8).randomElement(using: &random)!
    case 2: stream.insert(contentsOf: stream.suffix(from: place).prefix(40), at: place)
    default: stream.removeSubrange(place..<min(stream.count, place + 5))
    }
    if stream.isEmpty { stream = [10] }
  }

  private func decodeAll(_ pieces: [[UInt8]]) throws -> [WyomingDecoder.Element] {
    var decoder = WyomingDecoder()
    var elements: [WyomingDecoder.Element] = []
    for piece in pieces {
      piece.withUnsafeBytes { decoder.append($0) }
      while let element = try decoder.next() { elements.append(element) }
    }
    return elements
  }
}

@LoopActor private final class AudioExchange {
  private var encoder = WyomingEncoder()
  private var decoder = WyomingDecoder()
  private var wire: [UInt8] = []
  private var timestamp: Int64 = 0
  private let samples = [UInt8](repeating: 7, count: 640)

  func run() throws {
    wire.removeAll(keepingCapacity: true)
    timestamp += 20
    samples.withUnsafeBytes {
      encoder.append(WyomingAudio(.speech, timestamp: timestamp), $0, to: &wire)
    }
    wire.withUnsafeBytes { decoder.append($0) }
    let element = try decoder.next()
    precondition(element == .audio(WyomingAudio(.speech, timestamp: timestamp), payloadCount: 640))
  }
}
