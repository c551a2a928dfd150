// SPDX-License-Identifier: Apache-2.0

extension [UInt8] {
  /// `withUnsafeBytes` with a typed error, which that of Swift 6.0 does not hand on.
  func withBytes<Value, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Value
  ) throws(Failure) -> Value {
    let result = withUnsafeBytes { bytes in
      Result<Value, Failure> { () throws(Failure) in try body(bytes) }
    }
    return try result.get()
  }
}
