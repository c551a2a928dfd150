// SPDX-License-Identifier: Apache-2.0
import Glibc
import Posix
import TestSupport
import Testing

extension DeviceTests {
  /// What another user may not do. Here, since nothing else runs while the user is another one.
  @Suite struct PermissionTests {
    @Test func somebodyElsesSocketIsNotTakenOver() throws {
      let directory = TemporaryDirectory()
      chmod(directory.path, 0o777)
      let address = try SocketAddress.unix(directory.file("s"))
      let first = try ListeningSocket.open(address, mode: 0o600)
      seteuid(65_534)
      defer { seteuid(0) }
      let error = thrown(SystemError.self) { _ = try ListeningSocket.open(address) }
      #expect(error?.description == "listen on unix://\(directory.file("s")): Permission denied")
      withExtendedLifetime(first.descriptor.raw) {}
    }
  }
}
