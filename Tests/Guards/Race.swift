// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Threads that change one value: silent under the thread sanitizer as long as `Locked` locks.
/// Compiled with Sources/Posix/Locked.swift by scripts/guards.
@main struct Race {
  static func main() {
    let sum = Locked(0)
    var threads = [pthread_t](repeating: 0, count: 4)
    for index in threads.indices {
      let argument = Unmanaged.passUnretained(sum).toOpaque()
      let code = pthread_create(&threads[index], nil, count, argument)
      precondition(code == 0, "no thread left")
    }
    for thread in threads { pthread_join(thread, nil) }
    exit(sum.withLock { $0 } == 4000 ? 0 : 1)
  }
}

private func count(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let argument else { return nil }
  let sum = Unmanaged<Locked<Int>>.fromOpaque(argument).takeUnretainedValue()
  for _ in 0..<1000 { sum.withLock { $0 += 1 } }
  return nil
}
