// SPDX-License-Identifier: Apache-2.0
import Glibc
import Posix
import Time

/// A child process whose exit is an event of the loop. `onExit` comes exactly once.
///
/// It stays alive by itself until the child has ended; letting go of it changes nothing.
@LoopActor public final class Child {
  public let pid: Int32
  /// Our ends of the streams that are pipes; take each out once.
  public var input: FileDescriptor?
  public var output: FileDescriptor?
  public var error: FileDescriptor?
  /// How it ended; nil while it runs.
  public private(set) var status: ChildStatus?

  private let loop = LoopActor.shared.loop
  private var process: ChildProcess
  private var token: WatchToken?
  private var killTimer: TimerToken?
  private var onExit: (@LoopActor (ChildStatus) -> Void)?

  /// Starts `program` and calls `onExit` when it has ended. Holds the loop until the child runs the
  /// program, about a millisecond.
  /// - Throws: `SystemError` naming the program.
  public convenience init(
    _ program: Program, onExit: @escaping @LoopActor (ChildStatus) -> Void
  ) throws(SystemError) {
    try self.init(try ChildProcess.spawn(program), onExit: onExit)
  }

  /// Starts `program` without holding the loop; `done` is called once, after this has returned: with the
  /// child, or with a `SystemError` naming the program.
  public static func start(
    _ program: Program, onExit: @escaping @LoopActor (ChildStatus) -> Void,
    done: @escaping @LoopActor (Result<Child, SystemError>) -> Void
  ) {
    let loop = LoopActor.shared.loop
    do throws(SystemError) {
      try ProgramStarter.shared.start(program) { result in
        loop.execute { done(Self.child(result, onExit)) }
      }
    } catch { loop.post { done(.failure(error)) } }
  }

  private static func child(
    _ result: Result<ProgramStarter.Started, SystemError>,
    _ onExit: @escaping @LoopActor (ChildStatus) -> Void
  ) -> Result<Child, SystemError> {
    do throws(SystemError) {
      guard let process = try result.get().process.take() else {
        preconditionFailure("a child is taken once")
      }
      return .success(try Child(process, onExit: onExit))
    } catch { return .failure(error) }
  }

  private init(
    _ started: consuming ChildProcess, onExit: @escaping @LoopActor (ChildStatus) -> Void
  ) throws(SystemError) {
    process = started
    pid = process.pid
    input = process.input.take()
    output = process.output.take()
    error = process.error.take()
    self.onExit = onExit
    // The handler keeps this object until the exit.
    token = try loop.watch(process.exitDescriptor.raw, .read, name: "child exit") { _ in self.exited() }
  }

  /// Sends `signal` to the child and whatever it has started; nothing once it has ended.
  public func signal(_ signal: Int32) { process.signal(signal) }

  /// Asks it to end with SIGTERM, and kills it when it has not after `grace`.
  public func stop(grace: Duration = .seconds(2)) {
    guard status == nil, killTimer == nil else { return }
    process.signal(SIGTERM)
    killTimer = loop.after(grace, name: "child grace") { self.process.signal(SIGKILL) }
  }

  private func exited() {
    guard let status = process.reap() else { return }
    self.status = status
    if let token { loop.unwatch(token) }
    if let killTimer { loop.cancel(killTimer) }
    onExit.take()?(status)
  }
}
