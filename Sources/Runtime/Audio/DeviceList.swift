// SPDX-License-Identifier: Apache-2.0
import ALSA
import Camera

/// The sound cards and cameras of this machine, for `mtor devices`.
public struct DeviceList: Sendable, Equatable, Encodable {
  public let soundCards: [SoundCard]
  public let cameras: [CameraDevice]

  /// Asks the devices; opens none for use. Blocks for milliseconds: not on the loop.
  public static func current() -> DeviceList {
    DeviceList(soundCards: SoundCard.list(), cameras: CameraDevice.list())
  }
}
