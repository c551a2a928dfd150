// SPDX-License-Identifier: Apache-2.0
import Wyoming

/// Why a stream ended.
public enum WyomingClosing: Error, Equatable, CustomStringConvertible {
  case peerClosed
  /// The system's text: connection reset, host unreachable, …
  case failed(String)
  case malformed(WyomingError)
  /// The peer does not read: so many bytes were waiting for it.
  case peerTooSlow(backlogBytes: Int)
  /// Nothing came for the server's idle timeout.
  case idle

  public var description: String {
    switch self {
    case .peerClosed: "the other side closed the connection"
    case .failed(let reason): "the connection broke: \(reason)"
    case .malformed(let error): "\(error)"
    case .peerTooSlow(let bytes): "the other side does not read: \(bytes) bytes are waiting for it"
    case .idle: "nothing came for too long"
    }
  }
}
