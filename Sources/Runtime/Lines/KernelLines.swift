// SPDX-License-Identifier: Apache-2.0
import Automation
import GPIO
import Loop
import Time

/// Lines of the kernel's GPIO chips.
///
/// Each line stands alone: one that is busy, or whose chip is unplugged, is told once and tried
/// again (after 250 ms, at most every 5 s) while the others work. Outputs start in their safe state
/// and return to it in `stop()`; an output whose chip came back gets the level set last.
@LoopActor public final class KernelLines: Lines {
  public var onEdge: (@LoopActor (LineEdge) -> Void)?
  public var onEvent: (@LoopActor (String) -> Void)?
  /// Edges the kernel had to drop, of all lines since start.
  public private(set) var lostEdges = 0

  private let loop: EventLoop
  let offsets: [String: Int]
  private let chip: String?
  private let consumer: String
  private var lines: [String: KernelLine] = [:]
  /// Lines whose first loss was told.
  private var lossTold: Set<String> = []

  /// - Parameters:
  ///   - chip: label or name of the chip of lines that name none (the board's); nil: lines are
  ///     found by their names on any chip.
  ///   - offsets: the board's lines, for kernels that name them otherwise.
  ///   - consumer: what other programs are told holds our lines.
  public init(
    chip: String? = nil, offsets: [String: Int] = [:], consumer: String = "mtor",
    loop: EventLoop = LoopActor.shared.loop
  ) {
    self.chip = chip
    self.offsets = offsets
    self.consumer = consumer
    self.loop = loop
  }

  public func start(_ settings: [LineSettings]) {
    let wanted = settings.filter { $0.direction != .led }
    // First, since a new line may be one of these under another name.
    for (name, line) in lines where !wanted.contains(line.settings) {
      line.close()
      lines[name] = nil
    }
    // In the order of the configuration: texts and first levels come in it too.
    for line in wanted where lines[line.name] == nil {
      let new = KernelLine(line, chip: chip, consumer: consumer, loop: loop, owner: self)
      lines[line.name] = new
      new.open()
    }
  }

  @discardableResult public func set(_ line: String, on: Bool) -> Bool { lines[line]?.set(on) ?? false }

  public func isOn(_ line: String) -> Bool? { lines[line]?.isOn }

  public func stop() {
    for line in lines.values { line.close() }
    lines = [:]
  }

  func edge(_ edge: LineEdge) { onEdge?(edge) }

  func tell(_ text: String) { onEvent?(text) }

  func noteLost(_ count: Int, of line: String) {
    lostEdges += count
    if lossTold.insert(line).inserted {
      tell("line \(line): \(count) edges came faster than they could be read and were lost (told once)")
    }
  }
}
