// SPDX-License-Identifier: Apache-2.0

/// A text is not JSON, breaks a limit, or does not have the wanted shape.
public struct JSONError: Error, Equatable, CustomStringConvertible {
  public enum Place: Sendable, Equatable {
    /// Bytes before the offending one.
    case offset(Int)
    /// `$.wake[0].name`
    case path(String)
  }

  public let what: String
  public let place: Place

  public init(_ what: String, at place: Place) {
    self.what = what
    self.place = place
  }

  public var description: String {
    switch place {
    case .offset(let offset): "JSON: \(what) at byte \(offset)"
    case .path(let path): "JSON: \(path): \(what)"
    }
  }
}
