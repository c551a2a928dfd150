// SPDX-License-Identifier: Apache-2.0
import Time

/// The orderly end of the program: named hooks, last registered first, each within its limit; then
/// the remaining tasks are cancelled and waited for; all within one drain limit.
@LoopActor public final class Shutdown {
  /// How it went.
  public struct Report: Sendable, Equatable {
    /// Why, e.g. `SIGTERM`.
    public let reason: String
    /// Hooks and tasks that were not done in time.
    public let unfinished: [String]
    public let took: Duration
  }

  /// The whole drain takes no longer.
  public let drainLimit: Duration
  /// A hook takes no longer unless registered with another limit.
  public static let hookLimit = Duration.seconds(2)

  public private(set) var hasBegun = false
  private let loop = LoopActor.shared.loop
  private let isOurs: @LoopActor (LoopTask) -> Bool
  private let onDone: @LoopActor (Report) -> Void
  private var hooks: [Hook] = []
  private var hasEnded = false
  private var reason = ""
  private var started = Instant.zero
  private var unfinished: [String] = []

  /// - Parameters:
  ///   - isOurs: tells the tasks that are to end, all unless given.
  ///   - onDone: called exactly once; ends the loop.
  public init(
    drainLimit: Duration = .seconds(5), isOurs: @escaping @LoopActor (LoopTask) -> Bool = { _ in true },
    onDone: @escaping @LoopActor (Report) -> Void
  ) {
    self.drainLimit = drainLimit
    self.isOurs = isOurs
    self.onDone = onDone
  }

  /// Registers what has to be done before the program ends. After `begin` it is too late: ignored.
  public func add(
    _ name: String, within limit: Duration = hookLimit,
    _ hook: @escaping @Sendable @LoopActor () async throws -> Void
  ) {
    if !hasBegun { hooks.append(Hook(name: name, limit: limit, body: hook)) }
  }

  /// Starts the end. The second call ends at once, with what is still open reported as unfinished.
  public func begin(reason: String) {
    if hasBegun { return end(abandoning: hooks.reversed().map(\.name)) }
    hasBegun = true
    self.reason = reason
    started = loop.now
    let limit = started + drainLimit
    let others = loop.tasks.all.filter { isOurs($0) }
    LoopActor.spawn("shutdown") { await self.drain(others, until: limit) }
  }

  private func drain(_ tasks: [LoopTask], until limit: Instant) async {
    while let hook = hooks.last {
      let deadline = min(limit, loop.now + hook.limit)
      if await !finishes(hook, by: deadline) { unfinished.append(hook.name) }
      if hasEnded { return }
      hooks.removeLast()
    }
    for task in tasks { task.cancel() }
    let remaining = await remaining(of: tasks, at: limit)
    end(abandoning: remaining)
  }

  /// Runs a hook as a task of its own: one that ignores its cancellation is left behind.
  private func finishes(_ hook: Hook, by deadline: Instant) async -> Bool {
    let result: Bool? = try? await loop.wait(on: "shutdown of \(hook.name)", until: deadline) { waiter in
      let task = LoopActor.spawn("shutdown of \(hook.name)") {
        do {
          try await hook.body()
          waiter.resume(returning: true)
        } catch { waiter.resume(returning: false) }
      }
      waiter.onAbandon { task.cancel() }
    }
    return result ?? false
  }

  private func remaining(of tasks: [LoopTask], at limit: Instant) async -> [String] {
    // At least once, so that cancelled tasks come to their end even when hooks took all the time.
    repeat {
      try? await loop.sleep(for: .milliseconds(5))
    } while loop.now < limit && !hasEnded && tasks.contains(where: \.isAlive)
    return tasks.filter(\.isAlive).map(\.name)
  }

  private func end(abandoning names: [String]) {
    if hasEnded { return }
    hasEnded = true
    onDone(Report(reason: reason, unfinished: unfinished + names, took: loop.now - started))
  }

  private struct Hook {
    let name: String
    let limit: Duration
    let body: @Sendable @LoopActor () async throws -> Void
  }
}
