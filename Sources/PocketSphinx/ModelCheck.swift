// SPDX-License-Identifier: Apache-2.0

/// Looks through a model's files before the library loads them.
///
/// The library trusts its files: a truncated `transition_matrices` makes it exit, a truncated
/// `sendump` makes it crash while decoding. Sizes are compared with what each header says, the
/// files that carry a checksum are summed, and the phone table is compared with Debian's by hash
/// when it has that size. About 5 ms for Debian's model.
public enum ModelCheck {
  /// What the files agree on.
  public struct Summary: Sendable, Equatable {
    /// The phones a pronunciation may use, such as `AH`.
    public let phones: Set<String>
    public let senoneCount: Int
  }

  /// - Throws: `.modelMissing`, `.modelDamaged` with the first file that is wrong.
  public static func acousticModel(_ model: SpeechModel) throws(PocketSphinxError) -> Summary {
    let folder = model.acousticModel
    try parameters(MappedFile("\(folder)/feat.params"))
    let definition = try MappedFile("\(folder)/mdef")
    let (phones, senones) = try phoneTable(definition)
    for name in ["means", "variances"] { try gaussians(MappedFile("\(folder)/\(name)")) }
    try transitions(MappedFile("\(folder)/transition_matrices"), phoneCount: phones.count)
    try mixtureWeights(MappedFile("\(folder)/sendump"), senoneCount: senones)
    return Summary(phones: Set(phones), senoneCount: senones)
  }

  /// Checks a binary language model (of words or phones).
  /// - Throws: `.modelMissing`, `.modelDamaged`.
  public static func languageModel(_ path: String) throws(PocketSphinxError) {
    let file = try MappedFile(path)
    let magic = Array("Trie Language Model".utf8)
    guard file.bytes.count > 64, file.bytes.starts(with: magic) else {
      throw .modelDamaged(path: path, reason: "it is not a binary trie language model")
    }
    // The counts are followed by tables whose size the header does not give: known for Debian's.
    let header = hash(UnsafeRawBufferPointer(rebasing: file.bytes[..<32]))
    if let size = debianLanguageModels[header] { try expect(file, size: size) }
  }

  private static let debianLanguageModels: [UInt64: Int] = [
    0xDFE3_7928_DDBE_5F59: 27_114_385,
    0xF622_B0C4_B3A2_E9E7: 857_195,
  ]
  private static let debianDefinition = (size: 2_959_176, hash: UInt64(0x3B37_904F_C266_FF75))

  private static func phoneTable(
    _ file: borrowing MappedFile
  ) throws(PocketSphinxError) -> (phones: [String], senones: Int) {
    do throws(ByteReader.Truncated) {
      var reader = ByteReader(file.bytes)
      guard try reader.int32() == 0x46_44_4D_42, try reader.int32() == 1 else {
        throw ByteReader.Truncated()
      }
      try reader.skip(reader.count(upTo: 65_536))
      let phoneCount = try reader.count(upTo: 1_000)
      let triphones = try reader.count(upTo: 10_000_000)
      let states = try reader.count(upTo: 16)
      try reader.skip(4)
      let senones = try reader.count(upTo: 1_000_000)
      try reader.skip(4)
      let sequences = try reader.count(upTo: 1_000_000)
      try reader.skip(4)
      let treeNodes = try reader.count(upTo: 10_000_000)
      try reader.skip(4)
      let names = reader.offset
      var phones: [String] = []
      for _ in 0..<phoneCount { phones.append(try reader.text(until: 0, upTo: 64)) }
      // The names are padded to four bytes; then the tree, the phones and their states.
      try reader.skip((names - reader.offset) & 3)
      try reader.skip(8 * treeNodes + 12 * triphones + 4 + 2 * states * sequences)
      if file.bytes.count == debianDefinition.size, hash(file.bytes) != debianDefinition.hash {
        throw ByteReader.Truncated()
      }
      return (phones, senones)
    } catch {
      throw .modelDamaged(path: file.path, reason: "its phone table cannot be read")
    }
  }

  /// What the library makes of sound: names and values, of which some end the program when it does not know
  /// them. Of the others it complains.
  private static func parameters(_ file: consuming MappedFile) throws(PocketSphinxError) {
    let words = String(decoding: file.bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace)
    guard words.count.isMultiple(of: 2) else {
      throw .modelDamaged(path: file.path, reason: "it is not made of names with a value each")
    }
    for index in stride(from: 0, to: words.count, by: 2) {
      let (name, value) = (words[index], words[index + 1])
      let isUsable = name == "-svspec" ? isListOfParts(value) : knownValues[name]?.contains(value) ?? true
      if !isUsable {
        let text = "\(name) \(value)".prefix(80)
        throw .modelDamaged(path: file.path, reason: "PocketSphinx does not know '\(text)'")
      }
    }
  }

  /// Source: sphinxbase 5prealpha and pocketsphinx 5, feat.c, cmn.c, agc.c, fe_interface.c.
  private static let knownValues: [Substring: Set<Substring>] = [
    "-feat": ["1s_c", "1s_c_d", "1s_c_d_dd", "1s_c_d_ld_dd", "1s_12c_12d_3p_12dd", "s2_4x", "s3_1x39"],
    "-agc": ["none", "max", "emax", "noise"], "-cmn": ["none", "batch", "current", "live", "prior"],
    "-transform": ["legacy", "dct", "htk"],
  ]

  /// Parts of a feature vector, as in `0-12/13-25,30`: each of its numbers once.
  private static func isListOfParts(_ text: Substring) -> Bool {
    var seen: Set<Int> = []
    for part in text.split(separator: "/", omittingEmptySubsequences: false) {
      for range in part.split(separator: ",", omittingEmptySubsequences: false) {
        let ends = range.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) ?? -1 }
        guard (1...2).contains(ends.count), let first = ends.first, let last = ends.last,
          (0..<4096).contains(first), (first..<4096).contains(last)
        else { return false }
        for number in first...last where !seen.insert(number).inserted { return false }
      }
    }
    return true
  }

  private static func gaussians(_ file: consuming MappedFile) throws(PocketSphinxError) {
    try s3(file) { reader throws(ByteReader.Truncated) in
      try reader.skip(4)
      let features = try reader.count(upTo: 16)
      try reader.skip(4 + 4 * features)
    }
  }

  private static func transitions(
    _ file: consuming MappedFile, phoneCount: Int
  ) throws(PocketSphinxError) {
    try s3(file) { reader throws(ByteReader.Truncated) in
      guard try reader.count(upTo: 65_536) == phoneCount else { throw ByteReader.Truncated() }
      try reader.skip(8)
    }
  }

  /// The common frame of Sphinx-3 files: text header, byte order, dimensions, a count of floats,
  /// the floats, a checksum over everything since the byte order.
  private static func s3(
    _ file: borrowing MappedFile,
    dimensions: (inout ByteReader) throws(ByteReader.Truncated) -> Void
  ) throws(PocketSphinxError) {
    var expected = 0
    do throws(ByteReader.Truncated) {
      var reader = ByteReader(file.bytes)
      while try !reader.text(until: 10, upTo: 256).hasSuffix("endhdr") {}
      guard try reader.int32() == 0x1122_3344 else { throw ByteReader.Truncated() }
      let start = reader.offset
      try dimensions(&reader)
      expected = try reader.offset + 4 + 4 * reader.count(upTo: 100_000_000) + 4
      guard file.bytes.count >= expected else { throw ByteReader.Truncated() }
      let body = UnsafeRawBufferPointer(rebasing: file.bytes[start..<expected - 4])
      try reader.skip(expected - 4 - reader.offset)
      guard try UInt32(bitPattern: reader.int32()) == checksum(body) else {
        throw ByteReader.Truncated()
      }
    } catch {
      let size = file.bytes.count
      let reason = size < expected ? "\(size) bytes instead of \(expected)" : "its checksum is wrong"
      throw .modelDamaged(path: file.path, reason: reason)
    }
  }

  private static func mixtureWeights(
    _ file: consuming MappedFile, senoneCount: Int
  ) throws(PocketSphinxError) {
    var features = 1
    var expected = 0
    do throws(ByteReader.Truncated) {
      var reader = ByteReader(file.bytes)
      while true {
        let length = try reader.count(upTo: 4_096)
        if length == 0 { break }
        let line = try reader.text(length)
        if line.hasPrefix("feature_count ") { features = Int(line.dropFirst(14)) ?? 0 }
        // With clusters the weights are packed otherwise; no model of Debian's is.
        if line.hasPrefix("cluster_count "), line != "cluster_count 0" { return }
      }
      let densities = try reader.count(upTo: 65_536)
      let senones = try reader.count(upTo: 1_000_000)
      guard senones == senoneCount, (1...16).contains(features) else { throw ByteReader.Truncated() }
      expected = reader.offset + features * densities * senones
    } catch {
      throw .modelDamaged(path: file.path, reason: "its header does not fit the phone table")
    }
    try expect(file, size: expected)
  }

  private static func expect(
    _ file: borrowing MappedFile, size: Int
  ) throws(PocketSphinxError) {
    guard file.bytes.count == size else {
      throw .modelDamaged(path: file.path, reason: "\(file.bytes.count) bytes instead of \(size)")
    }
  }

  /// Sphinx-3's own sum: rotate by 20, add the next word.
  private static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    var sum: UInt32 = 0
    var offset = 0
    while offset + 4 <= bytes.count {
      let word = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
      sum = (sum << 20 | sum >> 12) &+ word
      offset += 4
    }
    return sum
  }

  /// FNV-1a over 64-bit words: against damage, not against malice.
  static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    var offset = 0
    while offset + 8 <= bytes.count {
      let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
      hash = (hash ^ word) &* 0x100_0000_01B3
      offset += 8
    }
    return hash
  }
}
