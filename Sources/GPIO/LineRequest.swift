// SPDX-License-Identifier: Apache-2.0
internal import CGPIOD
import Glibc

/// One line held by us, until it is closed or goes out of scope.
///
/// One line per request on purpose: a chattering contact fills only its own event buffer, and a
/// busy line keeps no other from being had.
public struct LineRequest: ~Copyable {
  /// Edges the kernel keeps for us per input (libgpiod 1: 16).
  public static let eventCapacity = 256

  /// Readable when edges wait; -1 for an output. Unwatch it before closing the request.
  public let fd: Int32
  /// The chip's label, for error texts.
  public let chip: String
  private let handle: OpaquePointer

  /// Takes a line.
  ///
  /// - Parameter consumer: what others are told holds the line; cut after 31 bytes.
  /// - Throws: `noChip`, `noLine`, `busy` with its consumer, `permission`, `unsupported`, `gone`, `system`.
  public static func open(
    path: String, offset: UInt32, _ configuration: LineConfiguration, consumer: String
  ) throws(GPIOError) -> LineRequest {
    let chip = try Chip.open(path: path)
    let line = try chip.line(offset)
    var raw = configuration.raw
    guard let handle = cg_request_open(path, offset, &raw, consumer, eventCapacity) else {
      throw refusal(errno, chip.info, line, configuration)
    }
    return LineRequest(handle, chip: chip.info.label)
  }

  private init(_ handle: OpaquePointer, chip: String) {
    self.handle = handle
    self.chip = chip
    fd = cg_request_fd(handle)
  }

  deinit { cg_request_close(handle) }

  /// Releases the line.
  public consuming func close() {}

  /// Takes the waiting edges, without waiting or allocating.
  ///
  /// - Returns: how many there were; with `EdgeBuffer.capacity` there may be more.
  /// - Throws: `gone`, `system`.
  public borrowing func readEdges(into buffer: EdgeBuffer) throws(GPIOError) -> Int {
    let count = cg_request_read(handle, buffer.raw, EdgeBuffer.capacity)
    if count < 0 { throw .using(chip, "read edges", -count) }
    return Int(count)
  }

  /// The logical level now.
  ///
  /// - Throws: `gone`, `system`.
  public borrowing func isActive() throws(GPIOError) -> Bool {
    let value = cg_request_get(handle)
    if value < 0 { throw .using(chip, "read a line", -value) }
    return value == 1
  }

  /// Drives an output to a logical level.
  ///
  /// - Throws: `gone`, `system` (EPERM for an input).
  public borrowing func set(_ on: Bool) throws(GPIOError) {
    let result = cg_request_set(handle, on)
    if result < 0 { throw .using(chip, "set a line", -result) }
  }

  private static func refusal(
    _ errno: Int32, _ chip: ChipInfo, _ line: LineInfo, _ wanted: LineConfiguration
  ) -> GPIOError {
    let name = line.name.isEmpty ? String(line.offset) : line.name
    switch errno {
    case EBUSY: return .busy(line: name, chip: chip.label, consumer: line.consumer ?? "unknown")
    case EINVAL, ENOTSUP, ENOTTY:
      return .unsupported(line: name, chip: chip.label, wanted: wanted.description)
    case EACCES, EPERM: return .permission(path: chip.path)
    default: return .using(chip.label, "request line \(name)", errno)
    }
  }
}

extension EdgeEvent {
  init(_ raw: cg_event) {
    timestampNanoseconds = raw.timestamp_ns
    sequence = raw.sequence == 0 ? nil : raw.sequence
    isActive = raw.active
  }
}
