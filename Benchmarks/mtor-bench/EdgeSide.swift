// SPDX-License-Identifier: Apache-2.0
import CBench
import Glibc
import Loop

/// A simulated chip and the process that answers on it: line 1 follows line 0.
@LoopActor final class EdgeSide {
  private static var made: [String: EdgeSide] = [:]

  static func ours() throws -> EdgeSide { try side("swift") }
  static func baseline() throws -> EdgeSide { try side("c") }

  private let page: UnsafeMutablePointer<UInt64>
  private let pull: Int32
  private var isHigh = false

  private static func side(_ kind: String) throws -> EdgeSide {
    if let side = made[kind] { return side }
    guard let side = EdgeSide(kind) else { throw Failure(what: "no simulated chip for \(kind)") }
    made[kind] = side
    return side
  }

  private init?(_ kind: String) {
    let config = "/sys/kernel/config/gpio-sim/bench-\(kind)"
    let share = "/dev/shm/mtor-bench-\(kind)"
    unlink(share)
    guard Self.makeChip(config, "bench-\(kind)"), let page = cb_edge_share(share),
      let chip = Self.read("\(config)/bank0/chip_name"), let device = Self.read("\(config)/dev_name")
    else { return nil }
    self.page = page
    pull = open("/sys/devices/platform/\(device)/\(chip)/sim_gpio0/pull", O_WRONLY | O_CLOEXEC)
    Self.spawn(["--respond-\(kind)", "/dev/\(chip)", share])
    for _ in 0..<2000 where page[0] == 0 { poll(nil, 0, 1) }
    if page[0] == 0 || pull < 0 { return nil }
  }

  /// The median of the times from before the input's change to the output's.
  func medianMicroseconds(_ toggles: Int) throws -> Double {
    let times = (0..<toggles).map { _ in
      isHigh.toggle()
      return cb_edge_toggle(pull, isHigh ? 1 : 0, page)
    }
    if times.contains(where: { $0 < 0 }) { throw Failure(what: "an edge without an answer") }
    return Double(times.sorted()[toggles / 2]) / 1000
  }

  /// What one edge allocated, on average, in the process that answers.
  func allocations(_ counter: Int, _ toggles: Int) throws -> Double {
    let before = (page[counter], page[EdgeResponder.edges])
    _ = try medianMicroseconds(toggles)
    return Double(page[counter] - before.0) / Double(page[EdgeResponder.edges] - before.1)
  }

  private static func makeChip(_ config: String, _ label: String) -> Bool {
    mkdir(config, 0o755) == 0 && mkdir("\(config)/bank0", 0o755) == 0
      && write("2", "\(config)/bank0/num_lines") && write(label, "\(config)/bank0/label")
      && write("1", "\(config)/live")
  }

  private static func write(_ text: String, _ path: String) -> Bool {
    let fd = open(path, O_WRONLY)
    defer { close(fd) }
    return Glibc.write(fd, text, text.utf8.count) > 0
  }

  private static func read(_ path: String) -> String? {
    let fd = open(path, O_RDONLY)
    defer { close(fd) }
    var bytes = [UInt8](repeating: 0, count: 64)
    let count = Glibc.read(fd, &bytes, bytes.count)
    return count <= 1 ? nil : String(decoding: bytes[..<(count - 1)], as: UTF8.self)
  }

  private static func spawn(_ arguments: [String]) {
    var words = (["mtor-bench"] + arguments).map { strdup($0) }
    words.append(nil)
    var pid = pid_t()
    posix_spawn(&pid, "/proc/self/exe", nil, nil, words, environ)
    for word in words { free(word) }
  }
}
