// SPDX-License-Identifier: Apache-2.0
import Glibc
import Loop
import Posix

/// How busy the machine is with other things: what the other figures are worth.
private let machineCases = [
  Case(name: "machine.load") { _ in [Figure(name: "machine.load", unit: "", value: Machine.load)] }
]

/// Every case, in the order of the table.
private let cases =
  machineCases + loopCases + timerCases + idleCases + audioCases + replyCases + programCases + gpioCases
  + intentCases + realmCases + httpCases + webhookCases + chatCases + storeCases + automationCases

@main struct Bench {
  static func main() {
    EdgeResponder.runIfAsked(CommandLine.arguments)
    guard let options = Options(CommandLine.arguments.dropFirst()) else {
      print(Options.usage)
      exit(64)
    }
    let loop = LoopActor.shared.loop
    loop.bindToCurrentThread()
    let result = Locked<Int32>(0)
    LoopActor.spawn("bench") {
      let code = await play(options)
      result.withLock { $0 = code }
      loop.stop()
    }
    loop.run()
    exit(result.withLock { $0 })
  }

  @LoopActor private static func play(_ options: Options) async -> Int32 {
    do {
      switch options.part {
      case .benchmark: return await run(cases, options)
      case .instructions: return await run(instructionCases, options)
      case .comparison(let before, let after):
        print(Comparison(before: try Measured(before), after: try Measured(after)).text, terminator: "")
        return 0
      case .workload(let workload, let count):
        try await workload.run(count)
        return 0
      case .limits:
        let accuracy = try? TextOfFile.read("build/accuracy.md")
        print(LimitsPage(measured: try Measured(options.output), accuracy: accuracy).text, terminator: "")
        return 0
      case .idleLoop: return try await idle()
      case .feed(let room, let device): return try await Studio.feed(room, device)
      case .sink(let socket, let share): return try await WyomingSink.serve(socket, share: share)
      }
    } catch {
      print("mtor-bench: \(error)")
      return 70
    }
  }

  /// 0 when every goal is met, 1 when one is missed or a case failed.
  @LoopActor private static func run(_ cases: [Case], _ options: Options) async -> Int32 {
    var code: Int32 = 0
    print(Report.header)
    for one in cases where options.names.isEmpty || options.names.contains(where: one.name.hasPrefix) {
      do {
        let figures = try await one.run(options)
        for figure in figures { print(Report.row(figure)) }
        fflush(nil)
        if !options.isSmoke, figures.contains(where: { $0.meets == false }) { code = 1 }
        try Report.append(figures, to: options.output)
      } catch {
        print("\(one.name): \(error)")
        code = 1
      }
    }
    Studio.close()
    removeStoreFolders()
    return code
  }

  /// A loop with nothing but its signals, until SIGTERM.
  @LoopActor private static func idle() async throws -> Int32 {
    let ended = Ending()
    let signals = try Signals([SIGTERM]) { _ in ended.waiter?.resume(returning: 0) }
    defer { signals.close() }
    return try await LoopActor.shared.loop.wait(on: "SIGTERM") { ended.waiter = $0 }
  }

  @LoopActor private final class Ending {
    var waiter: Waiter<Int32>?
  }
}
