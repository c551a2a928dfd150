// SPDX-License-Identifier: Apache-2.0

/// Server-sent events (WHATWG HTML, section 9.2), from bytes in any pieces.
package struct EventStream {
  /// An event's data at most; more is an error.
  package static let dataMaxBytes = 1 << 20

  package struct Event: Equatable, Sendable {
    /// Empty: `message`.
    package var name: String
    package var data: String
  }

  package struct TooLarge: Error {}

  private var line: [UInt8] = []
  private var name = ""
  private var data: [UInt8] = []
  private var hasData = false
  private var isAfterCarriageReturn = false
  private var isAtStart = true

  package init() {}

  /// Events that are complete with these bytes, in order.
  package mutating func receive(_ bytes: UnsafeRawBufferPointer) throws(TooLarge) -> [Event] {
    var events: [Event] = []
    var start = 0
    while start < bytes.count {
      // CR, LF and CR LF each end a line.
      if bytes[start] == 0x0a, isAfterCarriageReturn {
        isAfterCarriageReturn = false
        start += 1
        continue
      }
      var end = start
      while end < bytes.count, bytes[end] != 0x0a, bytes[end] != 0x0d { end += 1 }
      if line.count + data.count + end - start > Self.dataMaxBytes { throw TooLarge() }
      line.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
      isAfterCarriageReturn = end < bytes.count && bytes[end] == 0x0d
      if end < bytes.count, let event = endLine() { events.append(event) }
      start = end + 1
    }
    return events
  }

  private mutating func endLine() -> Event? {
    if isAtStart, line.starts(with: [0xef, 0xbb, 0xbf]) { line.removeFirst(3) }
    isAtStart = false
    defer { line.removeAll(keepingCapacity: true) }
    if line.isEmpty { return dispatch() }
    let colon = line.firstIndex(of: UInt8(ascii: ":"))
    // A comment, which servers send to keep a connection alive.
    if colon == 0 { return nil }
    let field = line[..<(colon ?? line.endIndex)]
    var value = colon.map { line[($0 + 1)...] } ?? []
    if value.first == 0x20 { value = value.dropFirst() }
    if field.elementsEqual("data".utf8) {
      if hasData { data.append(0x0a) }
      data.append(contentsOf: value)
      hasData = true
    } else if field.elementsEqual("event".utf8) {
      name = String(decoding: value, as: UTF8.self)
    }
    return nil
  }

  private mutating func dispatch() -> Event? {
    defer {
      name = ""
      data.removeAll(keepingCapacity: true)
      hasData = false
    }
    return hasData ? Event(name: name, data: String(decoding: data, as: UTF8.self)) : nil
  }
}
