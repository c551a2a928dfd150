// SPDX-License-Identifier: Apache-2.0
import Camera
import Testing

extension DeviceTests {
  @Suite struct CameraTests {
    /// vivid has nodes for capture, output, metadata and more: only what takes pictures is a camera.
    @Test func camerasAreListedAndOtherVideoDevicesAreNot() throws {
      let cameras = CameraDevice.list()
      let first = try #require(cameras.first)
      #expect(first.driver == "vivid" && first.name.hasPrefix("vivid"))
      #expect(first.bus.hasPrefix("platform:vivid"))
      #expect(first.path.hasPrefix("/dev/video"))
      #expect(Set(cameras.map(\.path)).count == cameras.count)
      #expect(cameras.count < 4, "\(cameras)")
    }
  }
}
