// SPDX-License-Identifier: Apache-2.0
internal import CALSA
import Glibc
import Spelling

/// A sound device could not be used. The text says what, where and what to do.
public struct ALSAError: Error, Equatable, CustomStringConvertible {
  public enum Kind: Sendable, Equatable {
    /// No such card, PCM or mixer element.
    case notFound
    case busy
    case permissionDenied
    /// The device is there but offers no usable format, rate or channel count.
    case unsupported
    case disconnected
    case failed
  }

  public let kind: Kind
  /// The device as it was asked for.
  public let device: String
  public let text: String

  public var description: String { text }

  init(_ kind: Kind, _ device: String, _ text: String) {
    self.kind = kind
    self.device = device
    self.text = text
  }

  /// `snd_pcm_open` has failed with `code` (negative errno).
  static func opening(_ name: PCMName, _ direction: PCM.Direction, _ code: Int32) -> ALSAError {
    let device = name.text
    switch -code {
    case EBUSY:
      let holder = DeviceHolder.find(name, direction).map { " (held by \($0))" } ?? ""
      let share = direction == .capture ? "dsnoop" : "dmix"
      return ALSAError(
        .busy, device, "\(direction) \(device) is busy\(holder). Stop it or use a \(share) device.")
    case EACCES, EPERM: return permissionDenied(device, direction)
    case ENOENT, ENODEV, ENXIO:
      // Without permission libasound finds no card of any name.
      if SoundCard.areForbidden { return permissionDenied(device, direction) }
      return ALSAError(.notFound, device, notFoundText(device, direction))
    case ECONNREFUSED, EIO, ENOTCONN:
      return ALSAError(
        .disconnected, device,
        "\(direction) \(device): the sound server or device does not answer (\(reason(code))).")
    default:
      return ALSAError(
        .failed, device,
        "\(direction) \(device) cannot be opened: \(reason(code)). Check its definition in asound.conf.")
    }
  }

  private static func permissionDenied(_ device: String, _ direction: PCM.Direction) -> ALSAError {
    ALSAError(
      .permissionDenied, device,
      "\(direction) \(device): permission denied. Add the user to the group 'audio'.")
  }

  static func failed(_ device: String, _ what: String, _ code: Int32) -> ALSAError {
    let kind: Kind = isDisconnection(code) ? .disconnected : .failed
    return ALSAError(kind, device, "\(device): \(what): \(reason(code))")
  }

  /// The device or the sound server behind it is gone.
  static func isDisconnection(_ code: Int32) -> Bool {
    [ENODEV, EIO, EBADFD, ENOTCONN, ECONNREFUSED, EPROTO, ENXIO].contains(-code)
  }

  private static func reason(_ code: Int32) -> String { String(cString: snd_strerror(code)) }

  private static func notFoundText(_ device: String, _ direction: PCM.Direction) -> String {
    let cards = SoundCard.names(for: direction)
    let near = Spelling.nearest(to: device, in: cards + PCMName.defined, count: 2).filter { $0 != device }
    let hint: String
    if !near.isEmpty {
      hint = "Did you mean \(near.map { "'\($0)'" }.joined(separator: " or "))?"
    } else if cards.isEmpty {
      hint = "No sound card is there: plug one in, or load its driver."
    } else {
      hint = "'mtor devices' lists what is there."
    }
    return "\(direction) \(device): no such device. \(hint)"
  }
}
