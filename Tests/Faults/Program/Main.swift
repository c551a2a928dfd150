// SPDX-License-Identifier: Apache-2.0
import CFaults
import Glibc
import Loop
import Posix

@main struct Main {
  static func main() {
    guard let options = Options(CommandLine.arguments.dropFirst()) else {
      write(Options.usage)
      exit(64)
    }
    say("seed \(options.seed)")
    cf_adopt_orphans()
    let loop = LoopActor.shared.loop
    loop.bindToCurrentThread()
    let result = Locked<Int32>(70)
    LoopActor.spawn("campaign") {
      do {
        let isGood = try await Campaign(options).run()
        result.withLock { $0 = isGood ? 0 : 1 }
      } catch { say("\(error)") }
      loop.stop()
    }
    loop.run()
    exit(result.withLock { $0 })
  }
}

/// A line for people, without a buffer: what was said before a crash was said.
func say(_ text: String) { write("faults: \(text)") }

private func write(_ text: String) {
  let line = Array("\(text)\n".utf8)
  _ = line.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
}
