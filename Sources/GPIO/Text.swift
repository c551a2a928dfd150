// SPDX-License-Identifier: Apache-2.0

/// A C string in a fixed array.
func text<CharacterArray>(of array: inout CharacterArray) -> String {
  withUnsafeBytes(of: &array) { text(of: $0) }
}

func text(of bytes: UnsafeRawBufferPointer) -> String {
  String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
}

/// The name that differs least from `wanted`; nil when none is near (more than a third different).
func nearest(to wanted: String, in names: [String]) -> String? {
  let wanted = Array(wanted.lowercased().utf8)
  let best = names.filter { !$0.isEmpty }
    .map { (name: $0, distance: distance(wanted, Array($0.lowercased().utf8))) }
    .min { $0.distance < $1.distance }
  guard let best, best.distance <= max(1, wanted.count / 3) else { return nil }
  return best.name
}

/// Levenshtein's edit distance.
private func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
  var row = Array(0...b.count)
  for (i, x) in a.enumerated() {
    var diagonal = row[0]
    row[0] = i + 1
    for (j, y) in b.enumerated() {
      let substitution = diagonal + (x == y ? 0 : 1)
      diagonal = row[j + 1]
      row[j + 1] = min(substitution, row[j + 1] + 1, row[j] + 1)
    }
  }
  return row[b.count]
}
