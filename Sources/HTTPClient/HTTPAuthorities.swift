// SPDX-License-Identifier: Apache-2.0
internal import CCurl

/// The certificates of authorities as libcurl holds them, for one `HTTPTransfers` and as long as it lives:
/// a change of the file is seen by the next one.
public final class HTTPAuthorities: @unchecked Sendable {
  // SAFETY: libcurl's handles may be used by one thread at a time; nobody touches it between `init` and `take`.
  private var multi: UnsafeMutableRawPointer?

  /// Reads them; blocks for some 25 ms. Any thread. What is wrong with the file is told by each connection.
  /// - Parameter file: PEM; nil: the machine's.
  public init(file: String?) { multi = ccurl_load() == nil ? ccurl_multi_init_secure(file) : nil }

  deinit { if let multi { ccurl_multi_cleanup(multi) } }

  /// Nil from the second time on.
  func take() -> UnsafeMutableRawPointer? { multi.take() }
}
