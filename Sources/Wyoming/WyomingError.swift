// SPDX-License-Identifier: Apache-2.0

/// A peer does not speak Wyoming, or says more than we listen to. The connection cannot go on.
public enum WyomingError: Error, Equatable, CustomStringConvertible {
  case headerTooLong(maxBytes: Int)
  case headerMalformed(String)
  case dataTooLong(type: String, bytes: Int64, maxBytes: Int)
  case payloadTooLong(type: String, bytes: Int64, maxBytes: Int)
  /// The data is not a JSON object, or a field that the type needs is missing or of another kind.
  case dataMalformed(type: String, String)

  public var description: String {
    switch self {
    case .headerTooLong(let max):
      "header line longer than \(max) bytes: is this a Wyoming service?"
    case .headerMalformed(let what):
      "header is malformed (\(what)): is this a Wyoming service?"
    case .dataTooLong(let type, let bytes, let max):
      "'\(type)' announces \(bytes) bytes of data, at most \(max) are accepted"
    case .payloadTooLong(let type, let bytes, let max):
      "'\(type)' announces \(bytes) bytes of payload, at most \(max) are accepted"
    case .dataMalformed(let type, let what):
      "data of '\(type)' is malformed (\(what))"
    }
  }
}
