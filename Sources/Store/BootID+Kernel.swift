// SPDX-License-Identifier: Apache-2.0
import Crypto
import Glibc
import Posix

extension BootID: CustomStringConvertible {
  /// As the kernel has it; `unknown` where it does not tell. Source: random(4), boot_id.
  public static func current() -> BootID {
    do throws(SystemError) {
      let text = try FileDescriptor.open("/proc/sys/kernel/random/boot_id", O_RDONLY).read(upTo: 64)
      let digits = String(decoding: text, as: UTF8.self).filter(\.isHexDigit)
      return Hex.bytes(digits).flatMap { BootID($0) } ?? .unknown
    } catch { return .unknown }
  }

  /// 32 hexadecimal digits, as journalctl(1) shows it.
  public var description: String { Hex.text(bytes) }
}
