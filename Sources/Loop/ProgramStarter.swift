// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Glibc
import Posix

/// Starts programs on a thread of its own: the thread that starts one waits until the child has got a
/// processor, which takes long on a busy machine. One that lasts, since a child gets SIGTERM when the
/// thread ends that has started it; begun with the first program.
final class ProgramStarter: Sendable {
  /// Programs that wait to be started, at most; more are refused.
  static let backlogMax = 64

  static let shared = ProgramStarter()

  typealias Done = @Sendable (Result<Started, SystemError>) -> Void

  /// A child for whoever takes it out. Nobody does: it is killed.
  final class Started: @unchecked Sendable {
    // SAFETY: the starter's thread writes it before it hands the object on, and never looks at it again.
    var process: ChildProcess?
    init(_ process: consuming ChildProcess) { self.process = consume process }
  }

  private struct Job: Sendable {
    var program: Program
    var done: Done
  }

  private let jobs = Locked<[Job]>([])
  private let signal = DispatchSemaphore(value: 0)

  init() {
    var thread = pthread_t()
    let context = Unmanaged.passRetained(self).toOpaque()
    pthread_create(
      &thread, nil,
      {
        // SAFETY: retained for the thread, which never ends.
        Unmanaged<ProgramStarter>.fromOpaque($0!).takeUnretainedValue().run()
      }, context)
    pthread_detach(thread)
  }

  /// `done` is called on the starter's thread. - Throws: `SystemError` when too many wait.
  func start(_ program: Program, _ done: @escaping Done) throws(SystemError) {
    let isTaken = jobs.withLock { jobs in
      if jobs.count >= Self.backlogMax { return false }
      jobs.append(Job(program: program, done: done))
      return true
    }
    guard isTaken else {
      let name = program.arguments.first ?? ""
      throw SystemError("run \(name): \(Self.backlogMax) programs wait to be started", errno: EAGAIN)
    }
    signal.signal()
  }

  private func run() -> UnsafeMutableRawPointer? {
    while true {
      signal.wait()
      guard let job = jobs.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) else { continue }
      do throws(SystemError) {
        job.done(.success(Started(try ChildProcess.spawn(job.program))))
      } catch { job.done(.failure(error)) }
    }
  }
}
