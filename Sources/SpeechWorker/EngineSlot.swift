// SPDX-License-Identifier: Apache-2.0
import Loop

/// An engine and the named serial queue that is the only one to touch it.
public final class EngineSlot<Engine>: @unchecked Sendable {
  // SAFETY: `engine` is touched only by work on `queue`, which is serial.
  private var engine: Engine?
  public let queue: BlockingQueue
  private let make: @Sendable () throws -> Engine

  /// - Parameter make: loads the engine, on the queue.
  public init(_ name: String, make: @escaping @Sendable () throws -> Engine) {
    queue = BlockingQueue(name, backlogMax: 256)
    self.make = make
  }

  /// Loads the engine again; the one there is stays when that fails. On the loop's thread comes
  /// what went wrong, or nil.
  public func load(_ done: @escaping @Sendable @LoopActor ((any Error)?) -> Void) {
    submit(failed: done) { slot in
      let failure: (any Error)?
      do {
        slot.engine = try slot.make()
        failure = nil
      } catch { failure = error }
      LoopActor.shared.loop.execute { done(failure) }
    }
  }

  /// Runs `work` with the engine, which is loaded first if it is not there. When it cannot be
  /// loaded or the work fails, `failed` gets the reason on the loop.
  public func run(
    failed: @escaping @Sendable @LoopActor (any Error) -> Void,
    _ work: @escaping @Sendable (Engine) throws -> Void
  ) {
    submit(failed: failed) { slot in
      do {
        let engine = try slot.engine ?? slot.make()
        slot.engine = engine
        try work(engine)
      } catch {
        LoopActor.shared.loop.execute { failed(error) }
      }
    }
  }

  private func submit(
    failed: @escaping @Sendable @LoopActor (any Error) -> Void,
    _ work: @escaping @Sendable (EngineSlot) -> Void
  ) {
    do throws(QueueFull) {
      try queue.submit { work(self) }
    } catch {
      LoopActor.shared.loop.execute { failed(error) }
    }
  }
}

/// A bounded set of engines of one kind, each for one session at a time.
@LoopActor public final class EnginePool<Engine> {
  public let name: String
  /// Sessions at the same time.
  public let sessionsMax: Int
  private let make: @Sendable () throws -> Engine
  private var free: [EngineSlot<Engine>]
  private var all: [EngineSlot<Engine>]

  public init(_ name: String, sessionsMax: Int, make: @escaping @Sendable () throws -> Engine) {
    self.name = name
    self.sessionsMax = sessionsMax
    self.make = make
    all = [EngineSlot("\(name) 1", make: make)]
    free = all
  }

  /// Loads all engines there are. `done` is called once, with the first failure.
  public func load(_ done: @escaping @LoopActor ((any Error)?) -> Void) {
    var open = all.count
    var failure: (any Error)?
    for slot in all {
      slot.load { error in
        open -= 1
        failure = failure ?? error
        if open == 0 { done(failure) }
      }
    }
  }

  /// An engine of one's own until `give`; nil when all are taken.
  public func take() -> EngineSlot<Engine>? {
    if let slot = free.popLast() { return slot }
    guard all.count < sessionsMax else { return nil }
    let slot = EngineSlot("\(name) \(all.count + 1)", make: make)
    all.append(slot)
    return slot
  }

  public func give(_ slot: EngineSlot<Engine>) { free.append(slot) }
}
