// SPDX-License-Identifier: Apache-2.0
import Glibc
import Posix

/// The disk of a world: room for the files of this process, or none. The kernel refuses what would make a
/// file longer (EFBIG), so the faults come from where real ones do.
enum Disk {
  static func setFull(_ isFull: Bool) {
    // The refusal is an error of the write, not the end of the program.
    signal(SIGXFSZ, SIG_IGN)
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
    limit.rlim_cur = isFull ? 0 : limit.rlim_max
    setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
  }

  /// For `Sabotage.forgedFact`: another name for the node in a row that is stored.
  static func forge(_ path: String) {
    guard let file = fopen(path, "r+") else { return }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    let count = fread(&bytes, 1, bytes.count, file)
    let text = Array("\"node\":\"world\"".utf8)
    for start in 0..<max(0, count - text.count) where Array(bytes[start..<start + text.count]) == text {
      fseek(file, start + text.count - 2, SEEK_SET)
      fputc(Int32(UInt8(ascii: "e")), file)
      return
    }
  }

  /// Removes a directory and what is in it.
  static func remove(_ path: String) {
    if let stream = opendir(path) {
      while let entry = readdir(stream) {
        let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
          String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        if name != ".", name != ".." { remove("\(path)/\(name)") }
      }
      closedir(stream)
      rmdir(path)
    } else {
      unlink(path)
    }
  }
}
