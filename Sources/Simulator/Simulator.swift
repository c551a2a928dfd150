// SPDX-License-Identifier: Apache-2.0
import Glibc
import Loop
import Posix
import Time

/// The program `mtor-sim`: campaigns of worlds, or one of them.
public enum Simulator {
  public static func run(_ arguments: some Sequence<String>) -> Int32 {
    guard let options = SimulatorOptions(arguments) else {
      Console.write("\(SimulatorOptions.usage)\n", to: STDERR_FILENO)
      return 64
    }
    if options.playsRealms { return RealmsCampaign(options).run() ? 0 : 1 }
    let loop = LoopActor.shared.loop
    let time = options.world == nil ? nil : SimulatedTime()
    loop.bindToCurrentThread()
    let result = Locked<Int32>(0)
    LoopActor.spawn("world") {
      let code = await play(options, time)
      result.withLock { $0 = code }
      loop.stop()
    }
    loop.run()
    return result.withLock { $0 }
  }

  @LoopActor private static func play(_ options: SimulatorOptions, _ time: SimulatedTime?) async -> Int32 {
    do {
      guard let time, let seed = options.world else {
        return try await Campaign(options).run() ? 0 : 1
      }
      let duration = Duration.nanoseconds(Int64(options.hours * 3600e9))
      let world = try World(
        World.Options(
          seed: seed, duration: duration, directory: options.directory, sabotage: options.sabotage),
        time: time)
      let summary = try await world.run()
      Console.write("\(summary)\n")
      return 0
    } catch {
      Console.write("mtor-sim: \(error)\n", to: STDERR_FILENO)
      return 70
    }
  }
}
