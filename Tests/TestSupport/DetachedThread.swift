// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A plain thread, neither the loop's nor of a pool.
public final class DetachedThread: Sendable {
  private let thread: pthread_t

  public init(_ body: @escaping @Sendable () -> Void) {
    var thread = pthread_t()
    pthread_create(&thread, nil, runBody, Unmanaged.passRetained(Body(body)).toOpaque())
    self.thread = thread
  }

  public func join() { pthread_join(thread, nil) }
}

private final class Body: Sendable {
  let run: @Sendable () -> Void
  init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

private func runBody(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  // SAFETY: retained for this thread, which takes it over once.
  Unmanaged<Body>.fromOpaque(context!).takeRetainedValue().run()
  return nil
}
