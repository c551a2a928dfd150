// SPDX-License-Identifier: Apache-2.0
import Glibc
import Loop
import Posix
import Runtime
import Time

/// Instructions of one operation outside the kernel, counted by callgrind: the same on a busy machine.
/// `scripts/bench --instructions`; a workload runs with two counts, and the difference is what counts.
let instructionCases: [Case] = [
  .instructions("loop.fd_dispatch", counts: (2_000, 12_000), to: "c.fd_dispatch", as: "C epoll"),
  .instructions("loop.fd_dispatch", counts: (2_000, 12_000), to: "uv.fd_dispatch", as: "libuv"),
  .instructions("timer.add_cancel", counts: (5_000, 25_000)),
  .instructions("gesture.edge", counts: (5_000, 25_000)),
  .instructions("voice.frame", counts: (100, 600)),
  .instructions("store.append", counts: (100, 600), to: "c.store_append", as: "sqlite3 in C"),
  .instructions("http.sequential", counts: (200, 1_200), to: "c.http_sequential", as: "libcurl in C"),
]

extension Case {
  fileprivate static func instructions(
    _ workload: String, counts: (Int, Int), to baseline: String? = nil, as baselineName: String? = nil
  ) -> Case {
    let suffix = baselineName == "libuv" ? "_vs_libuv" : ""
    let name = "\(workload)\(suffix).instructions"
    return Case(name: name) { _ in
      let ours = try await perOperation(workload, counts)
      var figure = Figure(name: name, unit: "count", value: ours)
      if let baseline {
        let theirs = try await perOperation(baseline, counts)
        (figure.baseline, figure.baselineName, figure.ratio) = (theirs, baselineName, ours / theirs)
      }
      return [figure]
    }
  }

  @LoopActor private static func perOperation(_ workload: String, _ counts: (Int, Int)) async throws -> Double
  {
    let few = try await instructions(workload, counts.0)
    let many = try await instructions(workload, counts.1)
    return Double(many - few) / Double(counts.1 - counts.0)
  }

  /// All instructions of a run, by callgrind's last words.
  @LoopActor private static func instructions(_ workload: String, _ count: Int) async throws -> Int {
    let loop = LoopActor.shared.loop
    let tool = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    let program = Program(
      tool + [executablePath(), "--workload", workload, "\(count)"], output: .pipe, error: .pipe)
    var lines: [String] = []
    var readers: [LineReader] = []
    let status = try await loop.wait(on: "callgrind", until: loop.now + .seconds(300)) {
      (waiter: Waiter<ChildStatus>) in
      do throws(SystemError) {
        let child = try Child(program) { status in
          for reader in readers { reader.finish() }
          waiter.resume(returning: status)
        }
        readers = try child.readLines { lines.append($0) }
      } catch { waiter.resume(throwing: error) }
    }
    let words = lines.last { $0.contains("Collected :") }?.split(separator: " ")
    guard status.isSuccess, let collected = words?.last.flatMap({ Int($0) }) else {
      throw Failure(what: "valgrind ended with \(status): \(lines.last ?? "it said nothing")")
    }
    return collected
  }
}
