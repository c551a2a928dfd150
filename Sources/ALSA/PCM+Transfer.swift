// SPDX-License-Identifier: Apache-2.0
internal import CALSA
import Glibc

extension PCM {
  /// How a read or write ended. Expected states of a device, not errors.
  public enum Transfer: Sendable, Equatable {
    /// So many frames moved; may be fewer than asked for.
    case frames(Int)
    case wouldBlock
    /// Capture overrun or playback underrun: call `restart`.
    case xrun
    /// The machine slept: call `resume`.
    case suspended
    case disconnected
  }

  /// Reads up to `frames` interleaved frames; `buffer` holds at least `frames × bytesPerFrame`.
  public func read(_ buffer: UnsafeMutableRawPointer, frames: Int) -> Transfer {
    Self.transfer(snd_pcm_readi(handle, buffer, snd_pcm_uframes_t(frames)))
  }

  /// Writes up to `frames` interleaved frames.
  public func write(_ buffer: UnsafeRawPointer, frames: Int) -> Transfer {
    Self.transfer(snd_pcm_writei(handle, buffer, snd_pcm_uframes_t(frames)))
  }

  private static func transfer(_ result: snd_pcm_sframes_t) -> Transfer {
    if result >= 0 { return .frames(result) }
    switch Int32(-result) {
    case EAGAIN, EINTR: return .wouldBlock
    case EPIPE: return .xrun
    case ESTRPIPE: return .suspended
    default: return .disconnected
    }
  }

  /// Starts the stream. Playback starts by itself once a period has been written.
  @discardableResult public func start() -> Bool { snd_pcm_start(handle) >= 0 }

  /// Makes the device ready again after an xrun or `drop`.
  @discardableResult public func prepare() -> Bool { snd_pcm_prepare(handle) >= 0 }

  /// After an xrun: ready again, and running when it captures. False: the device is gone.
  public func restart() -> Bool { prepare() && (direction == .playback || start()) }

  /// After `suspended`. Nil: the hardware is still waking, ask again later; false: it is gone.
  public func resume() -> Bool? {
    let code = snd_pcm_resume(handle)
    if code == -EAGAIN { return nil }
    return code >= 0 ? true : restart()
  }

  /// Stops at once; what was not yet heard is thrown away.
  public func drop() { snd_pcm_drop(handle) }

  /// Frames between the application and the converter: for capture, captured but not yet read; for
  /// playback, written but not yet heard. Nil when the device cannot tell (stopped, xrun).
  public var delayFrames: Int? {
    var frames: snd_pcm_sframes_t = 0
    return snd_pcm_delay(handle, &frames) < 0 ? nil : frames
  }

  public var state: State {
    switch snd_pcm_state(handle) {
    case SND_PCM_STATE_RUNNING, SND_PCM_STATE_DRAINING, SND_PCM_STATE_PAUSED: .running
    case SND_PCM_STATE_PREPARED: .prepared
    case SND_PCM_STATE_XRUN: .xrun
    case SND_PCM_STATE_SUSPENDED: .suspended
    case SND_PCM_STATE_DISCONNECTED: .disconnected
    default: .stopped
    }
  }

  public enum State: Sendable, Equatable {
    case stopped, prepared, running, xrun, suspended, disconnected
  }
}
