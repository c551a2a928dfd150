// SPDX-License-Identifier: Apache-2.0
internal import CLinux
import Glibc

/// A running child: leader of its own process group, so that what it starts ends with it.
///
/// It gets SIGTERM when the thread that started it ends: start it on one that lasts, the loop's.
/// Letting go of a child that has not been reaped kills its group.
public struct ChildProcess: ~Copyable, Sendable {
  public let pid: Int32
  /// Readable once the child has ended: for the loop.
  public let exitDescriptor: FileDescriptor
  /// Our ends of the streams that are pipes.
  public var input: FileDescriptor?
  public var output: FileDescriptor?
  public var error: FileDescriptor?
  private var isReaped = false

  /// Starts `program`; returns when the child runs it.
  /// - Throws: `SystemError` naming the program: not found, not executable, no such directory, no
  ///   descriptor or process left.
  public static func spawn(_ program: Program) throws(SystemError) -> ChildProcess {
    let name = program.arguments.first ?? ""
    if name.isEmpty { throw SystemError("run a program without a name", errno: EINVAL) }
    var input = try StreamEnds.open(program.input, of: name, 0)
    var output = try StreamEnds.open(program.output, of: name, 1)
    var error = try StreamEnds.open(program.error, of: name, 2)
    var started = cl_program()
    started.streams = (input.child, output.child, error.child)
    started.niceness = program.niceness
    started.is_batch = program.isBatch ? 1 : 0
    started.address_space_max = program.addressSpaceMax ?? 0
    started.processor_seconds_max = program.processorSecondsMax ?? 0
    let (pid, pidfd) = try start(program, &started)
    return ChildProcess(
      pid: pid, exitDescriptor: FileDescriptor(owning: pidfd), input: input.parent.take(),
      output: output.parent.take(), error: error.parent.take())
  }

  /// Sends `signal` to the child and whatever it has started; nothing once it is reaped.
  public borrowing func signal(_ signal: Int32) {
    if !isReaped { _ = kill(-pid, signal) }
  }

  /// The status of a child that has ended, nil while it runs. Whatever is left of its group is
  /// killed before its number can be used again.
  public mutating func reap() -> ChildStatus? {
    guard !isReaped, cl_has_exited(exitDescriptor.raw) == 1 else { return nil }
    _ = kill(-pid, SIGKILL)
    var code: Int32 = 0
    var signal: Int32 = 0
    guard cl_reap(exitDescriptor.raw, &code, &signal) == 1 else { return nil }
    isReaped = true
    return signal == 0 ? .exited(code) : .killed(signal: signal)
  }

  // Swift 6.0's compiler crashes on an early return in this deinit.
  deinit {
    if !isReaped { Self.end(pid, exitDescriptor.raw) }
  }

  private static func end(_ pid: Int32, _ pidfd: Int32) {
    _ = kill(-pid, SIGKILL)
    // A killed child ends within microseconds; one stuck in the kernel is left to init.
    var exit = pollfd(fd: pidfd, events: Int16(POLLIN), revents: 0)
    _ = poll(&exit, 1, 100)
    var code: Int32 = 0
    var signal: Int32 = 0
    _ = cl_reap(pidfd, &code, &signal)
  }

  private init(
    pid: Int32, exitDescriptor: consuming FileDescriptor, input: consuming FileDescriptor?,
    output: consuming FileDescriptor?, error: consuming FileDescriptor?
  ) {
    self.pid = pid
    self.exitDescriptor = exitDescriptor
    self.input = input
    self.output = output
    self.error = error
  }

  private static func start(
    _ program: Program, _ started: inout cl_program
  ) throws(SystemError) -> (pid: Int32, pidfd: Int32) {
    var pid: Int32 = 0
    var pidfd: Int32 = -1
    var failed = CL_SPAWN_FORK
    let arguments = CStrings(program.arguments)
    let environment = program.environment.map(CStrings.init)
    let directory = program.directory.map { CStrings([$0]) }
    started.argv = arguments.pointer
    started.envp = environment?.pointer ?? UnsafePointer(OpaquePointer(environ))
    started.directory = directory?.pointer.pointee
    let error = cl_spawn(&started, &pid, &pidfd, &failed)
    withExtendedLifetime((arguments, environment, directory)) {}
    if error == 0 { return (pid, pidfd) }
    let name = program.arguments[0]
    switch failed {
    case CL_SPAWN_DIRECTORY:
      throw SystemError("run \(name) in \(program.directory ?? "")", errno: error)
    default: throw SystemError("run \(name)", errno: error)
    }
  }
}

/// Both ends of one standard stream while a child is being started.
private struct StreamEnds: ~Copyable {
  let child: Int32
  var parent: FileDescriptor?
  private let owned: FileDescriptor?

  // Not an init: Swift 6.0's compiler crashes on one that throws half-way in a noncopyable type.
  static func open(
    _ stream: Program.Stream, of name: String, _ number: Int32
  ) throws(SystemError) -> StreamEnds {
    switch stream {
    case .inherited: return StreamEnds(child: number, parent: nil, owned: nil)
    case .null:
      let null = try FileDescriptor.open("/dev/null", O_RDWR)
      return StreamEnds(child: null.raw, parent: nil, owned: null)
    case .pipe:
      let pipe = try FileDescriptor.pipe("run \(name)")
      let read = pipe.read
      let write = pipe.write
      if number == 0 {
        try write.setNonBlocking()
        return StreamEnds(child: read.raw, parent: write, owned: read)
      }
      try read.setNonBlocking()
      return StreamEnds(child: write.raw, parent: read, owned: write)
    }
  }

  private init(child: Int32, parent: consuming FileDescriptor?, owned: consuming FileDescriptor?) {
    self.child = child
    self.parent = parent
    self.owned = owned
  }
}

/// A NULL-terminated array of C strings.
private final class CStrings {
  private let strings: [UnsafeMutablePointer<CChar>?]
  private let array: UnsafeMutablePointer<UnsafePointer<CChar>?>
  var pointer: UnsafePointer<UnsafePointer<CChar>?> { UnsafePointer(array) }

  init(_ values: [String]) {
    strings = values.map { strdup($0) }
    array = .allocate(capacity: values.count + 1)
    for (index, string) in strings.enumerated() { array[index] = UnsafePointer(string) }
    array[values.count] = nil
  }

  deinit {
    for string in strings { free(string) }
    array.deallocate()
  }
}
