// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A whole file, read-only, mapped as long as this lives.
struct MappedFile: ~Copyable {
  let path: String
  let bytes: UnsafeRawBufferPointer

  /// - Throws: `.modelMissing` when the file cannot be opened or mapped.
  init(_ path: String) throws(PocketSphinxError) {
    let fd = open(path, O_RDONLY | O_CLOEXEC)
    var status = stat()
    guard fd >= 0, fstat(fd, &status) == 0 else { throw Self.missing(path) }
    defer { close(fd) }
    let size = Int(status.st_size)
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw .modelMissing(path: path, reason: "not a regular file")
    }
    guard size > 0 else { throw .modelDamaged(path: path, reason: "it is empty") }
    guard let base = mmap(nil, size, PROT_READ, MAP_PRIVATE, fd, 0), base != MAP_FAILED else {
      throw Self.missing(path)
    }
    self.path = path
    bytes = UnsafeRawBufferPointer(start: base, count: size)
  }

  deinit { munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count) }

  private static func missing(_ path: String) -> PocketSphinxError {
    .modelMissing(path: path, reason: String(cString: strerror(errno)))
  }
}

/// A text in memory that has a path, for a library that reads only files. Nothing is left on a disk.
struct MemoryFile: ~Copyable {
  private let fd: Int32
  var path: String { "/proc/self/fd/\(fd)" }

  /// - Throws: `.refused` when the kernel has no descriptor or memory for it.
  init(_ name: String, _ bytes: [UInt8], create: (String) -> Int32) throws(PocketSphinxError) {
    fd = create(name)
    var written = fd < 0 ? -1 : 0
    while written >= 0, written < bytes.count {
      let count = bytes.withUnsafeBytes { write(fd, $0.baseAddress! + written, $0.count - written) }
      written = count < 0 ? -1 : written + count
    }
    if written < 0 { throw .refused(operation: "memory file", detail: String(cString: strerror(errno))) }
  }

  deinit { close(fd) }
}
