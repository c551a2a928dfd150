// SPDX-License-Identifier: Apache-2.0

/// The beginning of a response: status and headers.
public struct HTTPHead: Sendable, Equatable {
  public let status: Int
  /// In the order they came.
  public let fields: [HTTPField]
  /// The server's `Retry-After`, from now; nil when it sent none.
  public let retryAfter: Duration?

  public init(status: Int, fields: [HTTPField], retryAfter: Duration? = nil) {
    self.status = status
    self.fields = fields
    self.retryAfter = retryAfter
  }

  public var isSuccess: Bool { (200..<300).contains(status) }

  /// Its type, which may have parameters behind it, is that of server-sent events.
  public var isEventStream: Bool { self["content-type"]?.utf8.starts(with: "text/event-stream".utf8) == true }

  /// The first header of that name, which is compared without case.
  public subscript(_ name: String) -> String? {
    fields.first { $0.isNamed(name) }?.value
  }
}

/// When what happened, each since the request was started; nil for what was not needed.
public struct HTTPTimings: Sendable, Equatable {
  public var connected: Duration?
  public var secured: Duration?
  public var firstByte: Duration?
  public var total: Duration

  public init(total: Duration) { self.total = total }
}
