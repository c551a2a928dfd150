// SPDX-License-Identifier: Apache-2.0

/// Amounts of time as the configuration and the command line write them.
public enum DurationText {
  /// A duration with its unit: `20ms`, `8s`, `5min`.
  /// - Throws: `BadDuration` that says what is wrong with the text.
  public static func parse(_ text: String) throws(BadDuration) -> Duration {
    switch UnitTable.duration.parse(text) {
    case .success(let nanoseconds) where (0...1e18).contains(nanoseconds):
      return .nanoseconds(Int64(nanoseconds.rounded()))
    case .success: throw BadDuration(description: "\(quoted(text)) is out of range.")
    case .failure(let bad): throw BadDuration(description: bad.text)
    }
  }
}

/// Why a text is no duration.
public struct BadDuration: Error, CustomStringConvertible {
  public let description: String
}
