// SPDX-License-Identifier: Apache-2.0

/// A key or an index on the way to a value.
struct JSONCodingKey: CodingKey {
  let stringValue: String
  let intValue: Int?

  init(stringValue: String) {
    self.stringValue = stringValue
    intValue = nil
  }

  init(intValue: Int) {
    stringValue = "\(intValue)"
    self.intValue = intValue
  }

  static let `super` = JSONCodingKey(stringValue: "super")
}

extension [any CodingKey] {
  /// `$.wake[0].name`
  var jsonPath: String {
    reduce(into: "$") { path, key in
      path += key.intValue.map { "[\($0)]" } ?? ".\(key.stringValue)"
    }
  }
}
