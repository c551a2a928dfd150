// SPDX-License-Identifier: Apache-2.0
internal import CLinux

/// What to wait for on a descriptor, and what has come: epoll's event mask. Level-triggered.
public struct Interest: OptionSet, Sendable, Hashable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  public static let read = Interest(rawValue: EPOLLIN.rawValue)
  public static let write = Interest(rawValue: EPOLLOUT.rawValue)
  public static let priority = Interest(rawValue: EPOLLPRI.rawValue)
  /// The peer has closed its writing half.
  public static let readHangup = Interest(rawValue: EPOLLRDHUP.rawValue)
  /// Reported whether asked for or not.
  public static let error = Interest(rawValue: EPOLLERR.rawValue)
  /// Reported whether asked for or not.
  public static let hangup = Interest(rawValue: EPOLLHUP.rawValue)
}

/// Names a registration: the descriptor and the generation of its slot, so that an event which was
/// fetched before the descriptor was closed and reused never reaches the new owner.
public struct WatchToken: Sendable, Hashable {
  let rawValue: UInt64

  init(fd: Int32, generation: UInt32) {
    rawValue = UInt64(generation) << 32 | UInt64(UInt32(bitPattern: fd))
  }
  init(rawValue: UInt64) { self.rawValue = rawValue }

  /// The loop's own eventfd.
  static let wakeUp = WatchToken(rawValue: .max)

  var fd: Int { Int(rawValue & 0xffff_ffff) }
  var generation: UInt32 { UInt32(truncatingIfNeeded: rawValue >> 32) }
}
