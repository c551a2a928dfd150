// SPDX-License-Identifier: Apache-2.0
import Automation
import CBench
import CInstruments
import Glibc
import Loop
import Runtime
import Store
import Time

/// The whole path of the program: kernel line, gesture, rule, output.
@LoopActor enum EdgeResponder {
  /// Words of the shared page: the answer's instant, then allocations by the edge and with its rule.
  nonisolated static let allocationsPerEdge = 1
  nonisolated static let allocationsPerRule = 2
  nonisolated static let edges = 3

  /// Answers until the benchmark ends, when the command line says so.
  nonisolated static func runIfAsked(_ arguments: [String]) {
    guard arguments.count == 4 else { return }
    switch arguments[1] {
    case "--respond-swift": run(chip: arguments[2], share: arguments[3])
    case "--respond-c":
      cb_edge_die_with_parent()
      guard let page = cb_edge_share(arguments[3]) else { exit(errno) }
      exit(cb_edge_respond(arguments[2], 0, 1, page))
    default: return
    }
  }

  private nonisolated static func run(chip: String, share: String) -> Never {
    cb_edge_die_with_parent()
    guard let page = cb_edge_share(share) else { exit(errno) }
    let loop = LoopActor.shared.loop
    loop.bindToCurrentThread()
    let driver = LoopActor.assumeIsolated { start(chip, page) }
    loop.run()
    exit(withExtendedLifetime(driver) { 0 })
  }

  private static func start(_ chip: String, _ page: UnsafeMutablePointer<UInt64>) -> LineDriver {
    let driver = LineDriver(KernelLines(chip: chip), settings: lines)
    let loop = LoopActor.shared.loop
    let wall = Stamp.now
    var engine = Engine(rules, at: wall)
    _ = engine.start([], at: wall)
    var before = ci_thread_allocations()
    driver.onGesture = { [unowned driver] line, gesture, instant in
      // The first one would count what opening the chip has cost.
      if page[edges] > 0 { page[allocationsPerEdge] += ci_thread_allocations() - before }
      before = ci_thread_allocations()
      let now = wall.moved(to: instant)
      for action in engine.handle(.happened(.gesture(line: line, gesture)), at: now).actions {
        if case .perform(let effect) = action, case .set(let output, let on) = effect.step {
          driver.command(output, .set(on), at: instant)
          page[0] = loop.now.nanoseconds
          _ = engine.handle(.stepEnded(effect.id, .done(.null)), at: now)
        }
      }
      page[edges] += 1
      page[allocationsPerRule] += ci_thread_allocations() - before
      before = ci_thread_allocations()
    }
    driver.onEvent = { text in _ = write(2, text, text.utf8.count) }
    driver.start()
    page[0] = 1
    return driver
  }

  private static var lines: [LineSettings] {
    var button = LineSettings(name: "button", direction: .input, line: "0")
    button.debounce = .zero
    // Like the baseline, without gestures that wait for time to pass.
    button.kind = .contact
    return [button, LineSettings(name: "lamp", direction: .output, line: "1")]
  }

  private static var rules: [Rule] {
    [(Gesture.press, true), (.release, false)].map { gesture, on in
      Rule(
        name: gesture.rawValue, trigger: .gesture(line: "button", gesture),
        steps: [.set(line: "lamp", on: on)])
    }
  }
}
