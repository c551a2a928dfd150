// SPDX-License-Identifier: Apache-2.0

/// A C string in a fixed array.
func text<CharacterArray>(of array: inout CharacterArray) -> String {
  withUnsafeBytes(of: &array) { text(of: $0) }
}

func text(of bytes: UnsafeRawBufferPointer) -> String {
  String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
}
