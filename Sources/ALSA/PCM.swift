// SPDX-License-Identifier: Apache-2.0
internal import CALSA
import Glibc

/// An open, configured PCM: one direction of one sound device, interleaved, non-blocking.
///
/// `open` and `close` may block (a sound server, USB): keep them off the loop. The rest does not,
/// except that `drop` and `prepare` wait for an answer when a sound server is behind the device.
/// Source: alsa-lib, PCM interface.
public final class PCM: @unchecked Sendable {
  // SAFETY: libasound locks each PCM (since 1.1.2); `isOpen` and `pollfds` belong to whichever
  // thread holds the device: first the one that opens it, then the loop, last the one that closes.

  public enum Direction: Sendable, CustomStringConvertible {
    case capture, playback
    /// The word for people.
    public var description: String { self == .capture ? "microphone" : "speaker" }
  }

  public let direction: Direction
  public let parameters: PCMParameters
  /// Poll descriptors of the device, most often one; the loop may only borrow them.
  public let descriptors: [Descriptor]

  let handle: OpaquePointer
  private let pollfds: UnsafeMutablePointer<pollfd>
  private var isOpen = true

  /// Opens `name` (see `PCMName` for `card:ID`) and negotiates.
  ///
  /// - Throws: `ALSAError`: `notFound` with the nearest names, `busy` naming the holder where it
  ///   can be known, `permissionDenied` naming the group, `unsupported` with what is offered,
  ///   `disconnected`, `failed`.
  public static func open(
    _ name: String, _ direction: Direction, _ wish: PCMWish
  ) throws(ALSAError) -> PCM {
    calsa_silence()
    let name = PCMName(name)
    var candidates = name.candidates[...]
    while true {
      let candidate = candidates.removeFirst()
      let handle = try openHandle(candidate, name, direction)
      do throws(ALSAError) {
        let parameters = try Negotiation(handle, candidate, direction).run(wish)
        return PCM(handle, direction, parameters)
      } catch {
        snd_pcm_close(handle)
        if error.kind != .unsupported || candidates.isEmpty { throw error }
      }
    }
  }

  private static func openHandle(
    _ candidate: String, _ name: PCMName, _ direction: Direction
  ) throws(ALSAError) -> OpaquePointer {
    var handle: OpaquePointer?
    let stream = direction == .capture ? SND_PCM_STREAM_CAPTURE : SND_PCM_STREAM_PLAYBACK
    let code = snd_pcm_open(&handle, candidate, stream, SND_PCM_NONBLOCK)
    guard code >= 0, let handle else { throw .opening(name, direction, code) }
    return handle
  }

  private init(_ handle: OpaquePointer, _ direction: Direction, _ parameters: PCMParameters) {
    self.handle = handle
    self.direction = direction
    self.parameters = parameters
    let count = max(0, Int(snd_pcm_poll_descriptors_count(handle)))
    pollfds = .allocate(capacity: max(1, count))
    let filled = max(0, Int(snd_pcm_poll_descriptors(handle, pollfds, UInt32(count))))
    descriptors = (0..<filled).map { [pollfds] in
      Descriptor(fd: pollfds[$0].fd, events: UInt32(UInt16(bitPattern: pollfds[$0].events)))
    }
  }

  deinit {
    close()
    pollfds.deallocate()
  }

  /// Closes the device; end the loop's registrations of its descriptors first. Later calls do nothing.
  public func close() {
    guard isOpen else { return }
    isOpen = false
    snd_pcm_close(handle)
  }

  /// What `events` (poll bits) on the descriptor at `index` mean for the device.
  ///
  /// Must be called for each wake-up: behind a plug-in the descriptor is not the device's own.
  public func readiness(_ index: Int, _ events: UInt32) -> Readiness {
    for each in descriptors.indices { pollfds[each].revents = 0 }
    pollfds[index].revents = Int16(truncatingIfNeeded: events)
    var result: UInt16 = 0
    let code = snd_pcm_poll_descriptors_revents(handle, pollfds, UInt32(descriptors.count), &result)
    if code < 0 { return .failed }
    let wanted = UInt16(direction == .capture ? POLLIN : POLLOUT)
    if result & wanted != 0 { return .ready }
    return result & UInt16(POLLERR | POLLHUP | POLLNVAL) != 0 ? .failed : .notYet
  }

  public struct Descriptor: Sendable, Equatable {
    public let fd: Int32
    /// Poll bits to wait for (those of epoll are the same).
    public let events: UInt32
  }

  public enum Readiness: Sendable, Equatable {
    /// A transfer will move samples, or say what is wrong.
    case ready
    case notYet
    /// An error is pending: a transfer tells which; if it does not, the device is gone.
    case failed
  }
}
