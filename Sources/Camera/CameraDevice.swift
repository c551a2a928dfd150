// SPDX-License-Identifier: Apache-2.0
internal import CLinux
import Glibc

/// A V4L2 device that can capture, as `mtor devices` lists it.
public struct CameraDevice: Sendable, Equatable, Encodable {
  /// `/dev/video0`
  public let path: String
  public let name: String
  public let driver: String
  /// Where it is plugged, e.g. `usb-0000:01:00.0-1.2`: stays the same when numbers change.
  public let bus: String

  /// Every capture device among /dev/video0…63. Asks only for capabilities, so a camera in use is
  /// listed too and nobody is disturbed. Source: V4L2, VIDIOC_QUERYCAP.
  public static func list() -> [CameraDevice] {
    (0..<64).compactMap { query("/dev/video\($0)") }
  }

  private static func query(_ path: String) -> CameraDevice? {
    let fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC)
    guard fd >= 0 else { return nil }
    defer { close(fd) }
    var camera = cl_camera()
    guard cl_query_camera(fd, &camera) == 0, camera.captures != 0 else { return nil }
    return CameraDevice(
      path: path, name: text(&camera.card), driver: text(&camera.driver), bus: text(&camera.bus))
  }

  /// A NUL-terminated C array of characters.
  private static func text<Characters>(_ characters: inout Characters) -> String {
    withUnsafeBytes(of: &characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }
}
