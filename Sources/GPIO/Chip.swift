// SPDX-License-Identifier: Apache-2.0
internal import CGPIOD
import Glibc
import Spelling

/// An open GPIO chip: looks up lines and tells about them. Lines outlive the chip they came from.
public struct Chip: ~Copyable {
  public let info: ChipInfo
  private let handle: OpaquePointer

  /// Opens the chip with this label, or else with this name or path (`gpiochip0`, `/dev/gpiochip0`).
  ///
  /// Of several chips with the same label the first by number is taken.
  /// - Throws: `noChip`, `permission`, `system`.
  public static func open(_ wanted: String) throws(GPIOError) -> Chip {
    var labels: [String] = []
    var denied: GPIOError?
    var named: String?
    for path in paths() {
      if path == wanted || path == "/dev/\(wanted)" { named = path }
      do {
        let chip = try open(path: path)
        if chip.info.label == wanted { return chip }
        labels.append(chip.info.label)
      } catch {
        if case .permission = error { denied = error }
      }
    }
    if let named { return try open(path: named) }
    // The wanted chip may be one that we were not allowed to read.
    throw denied ?? .noChip(wanted, available: labels)
  }

  /// Finds a line by name or offset.
  ///
  /// - Parameter chip: label, name or path; nil searches every chip for the line's name, and takes
  ///   an offset only where there is a single chip.
  /// - Throws: `noChip`, `noLine`, `offsetWithoutChip`, `permission`, `system`.
  public static func locate(chip: String?, line: String) throws(GPIOError) -> (path: String, offset: UInt32) {
    if let chip {
      let chip = try open(chip)
      return (chip.info.path, try chip.offset(of: line))
    }
    let paths = paths()
    if UInt32(line) != nil, paths.count > 1 { throw .offsetWithoutChip(line) }
    var first: GPIOError?
    for path in paths {
      do {
        return (path, try open(path: path).offset(of: line))
      } catch {
        first = first ?? error
      }
    }
    throw first ?? .noChip("", available: [])
  }

  /// The paths of all chips, by number.
  public static func paths() -> [String] {
    guard let directory = opendir("/dev") else { return [] }
    defer { closedir(directory) }
    var numbers: [Int] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { text(of: $0) }
      if name.hasPrefix("gpiochip"), let number = Int(name.dropFirst(8)) { numbers.append(number) }
    }
    return numbers.sorted().map { "/dev/gpiochip\($0)" }
  }

  /// - Throws: `noChip` when there is no such file, `permission`, `gone`, `system`.
  public static func open(path: String) throws(GPIOError) -> Chip {
    var raw = cg_chip_info()
    if let handle = cg_chip_open(path) {
      let result = cg_chip_info(handle, &raw)
      if result >= 0 { return Chip(handle, path, &raw) }
      cg_chip_close(handle)
      errno = -result
    }
    throw .opening(path, errno)
  }

  private init(_ handle: OpaquePointer, _ path: String, _ raw: inout cg_chip_info) {
    self.handle = handle
    info = ChipInfo(
      path: path, name: text(of: &raw.name), label: text(of: &raw.label), lineCount: Int(raw.lines))
  }

  deinit { cg_chip_close(handle) }

  /// - Throws: `noLine` with the nearest name.
  public borrowing func offset(of line: String) throws(GPIOError) -> UInt32 {
    if let offset = UInt32(line) {
      if offset < info.lineCount { return offset }
      throw .noLine(line, chip: info.label, nearest: nil, lineCount: info.lineCount)
    }
    var names: [String] = []
    for offset in 0..<UInt32(clamping: info.lineCount) {
      let name = try self.line(offset).name
      if name == line { return offset }
      names.append(name)
    }
    let nearest = Spelling.nearest(to: line, in: names)
    throw .noLine(line, chip: info.label, nearest: nearest, lineCount: info.lineCount)
  }

  /// - Throws: `noLine` above `lineCount`, `gone`, `system`.
  public borrowing func line(_ offset: UInt32) throws(GPIOError) -> LineInfo {
    guard offset < info.lineCount else {
      throw .noLine(String(offset), chip: info.label, nearest: nil, lineCount: info.lineCount)
    }
    var raw = cg_line_info()
    let result = cg_line_info(handle, offset, &raw)
    if result < 0 { throw .using(info.label, "line \(offset)", -result) }
    let consumer = text(of: &raw.consumer)
    return LineInfo(
      offset: offset, name: text(of: &raw.name),
      consumer: raw.used ? (consumer.isEmpty ? "kernel" : consumer) : nil,
      isOutput: raw.output, isActiveLow: raw.active_low, bias: LineBias(raw.bias))
  }
}

extension GPIOError {
  static func opening(_ path: String, _ errno: Int32) -> GPIOError {
    switch errno {
    case EACCES, EPERM: .permission(path: path)
    case ENOENT, ENXIO: .noChip(path, available: Chip.paths())
    case ENODEV: .gone(chip: path)
    default: .system(operation: "open \(path)", errno: errno)
    }
  }

  static func using(_ chip: String, _ what: String, _ errno: Int32) -> GPIOError {
    errno == ENODEV ? .gone(chip: chip) : .system(operation: "\(what) on \(chip)", errno: errno)
  }
}
