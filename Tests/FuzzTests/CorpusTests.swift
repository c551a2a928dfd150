// SPDX-License-Identifier: Apache-2.0
import Fuzz
import Glibc
import TestSupport
import Testing
import Time

/// Every input that was ever worth keeping, through its parser, and some more around each of them.
@Suite struct CorpusTests {
  static let targets = FuzzTarget.all + FuzzTarget.ofPrograms

  @Test(arguments: targets) func everySeedKeepsThePromises(target: FuzzTarget) throws {
    let seeds = try Corpus.seeds(of: target)
    #expect(!seeds.isEmpty, "Tests/Fuzz/Corpora/\(target.name) has no seeds")
    Promise.report { Issue.record("\($0)") }
    for seed in seeds {
      #expect(seed.bytes.count <= target.inputMaxBytes, "\(seed.name) is longer than the fuzzer's inputs")
      seed.bytes.withUnsafeBytes { target.run($0) }
    }
  }

  @Test(arguments: targets) func damagedSeedsKeepThePromises(target: FuzzTarget) throws {
    let seeds = try Corpus.seeds(of: target)
    var random = Seed.generator()
    Promise.report { Issue.record("\($0)") }
    for _ in 0..<200 {
      guard var bytes = seeds.randomElement(using: &random)?.bytes else { return }
      let other = seeds.randomElement(using: &random)?.bytes ?? []
      for _ in 0..<Int.random(in: 1...4, using: &random) { Corpus.damage(&bytes, with: other, &random) }
      bytes.withUnsafeBytes { target.run(UnsafeRawBufferPointer(rebasing: $0.prefix(target.inputMaxBytes))) }
    }
  }

  @Test func everyFolderOfSeedsHasItsTarget() throws {
    let names = Set(Self.targets.map(\.name))
    #expect(names.count == Self.targets.count)
    for folder in try Corpus.names(in: Corpus.root) where !names.contains(folder) {
      Issue.record("Tests/Fuzz/Corpora/\(folder) belongs to no target")
    }
  }
}

/// The seeds that lie in the repository.
enum Corpus {
  struct Seed {
    var name: String
    var bytes: [UInt8]
  }

  static let root = #filePath.split(separator: "/").dropLast(2).map { "/" + $0 }.joined() + "/Fuzz/Corpora"

  static func seeds(of target: FuzzTarget) throws -> [Seed] {
    let folder = "\(root)/\(target.name)"
    return try names(in: folder).sorted().map { name in
      Seed(name: name, bytes: try contents("\(folder)/\(name)"))
    }
  }

  static func names(in folder: String) throws -> [String] {
    let stream = try #require(opendir(folder), "there is no \(folder)")
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names
  }

  private static func contents(_ path: String) throws -> [UInt8] {
    let file = try #require(fopen(path, "r"), "\(path) cannot be read")
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 64 << 10)
    let count = fread(&bytes, 1, bytes.count, file)
    return Array(bytes[..<count])
  }

  private static let signs = Array("{}[]()<>\"'\\:;,.|-+0e \n".utf8)

  /// One change of the kinds that a fuzzer makes.
  static func damage(_ bytes: inout [UInt8], with other: [UInt8], _ random: inout SeededGenerator) {
    let place = Int.random(in: 0...bytes.count, using: &random)
    let length = min(bytes.count - place, Int.random(in: 1...40, using: &random))
    switch Int.random(in: 0..<5, using: &random) {
    case 0 where length > 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
    case 1: bytes.removeSubrange(place..<place + length)
    case 2: bytes.insert(contentsOf: Array(bytes[place..<place + length]), at: place)
    case 3: bytes.insert(contentsOf: other.suffix(Int.random(in: 0...60, using: &random)), at: place)
    default: bytes.insert(signs.randomElement(using: &random) ?? 0, at: place)
    }
  }
}
