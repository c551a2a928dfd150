// SPDX-License-Identifier: Apache-2.0
import Glibc
import Loop

/// Records S16 samples into a WAV file, on a queue of its own.
///
/// A full or slow disk ends the recording with one error and disturbs nothing else; what was
/// written until then stays a readable file, also after a power cut.
@LoopActor public final class WAVWriter {
  /// Half a second of 16 kHz mono: what is collected before it goes to the queue.
  public static let chunkSamples = 8_000
  /// Chunks that may wait for the disk; more end the recording.
  public static let chunksMax = 32

  public let path: String
  private let queue = BlockingQueue("recording", backlogMax: chunksMax)
  private let file: File
  private let onFailure: @LoopActor (SoundError) -> Void
  private var chunk: [Int16] = []
  private var hasEnded = false

  /// Makes the file, or empties it. `onFailure` is called at most once; nothing is written after it.
  public init(
    path: String, rateHz: Int, channels: Int, onFailure: @escaping @LoopActor (SoundError) -> Void
  ) {
    self.path = path
    self.onFailure = onFailure
    file = File(path: path, rateHz: rateHz, channels: channels)
    chunk.reserveCapacity(Self.chunkSamples)
    submit { file throws(SoundError) in try file.open() }
  }

  /// Appends interleaved samples. Ignored after a failure and after `close`.
  public func write(_ samples: UnsafeBufferPointer<Int16>) {
    guard !hasEnded else { return }
    chunk.append(contentsOf: samples)
    if chunk.count >= Self.chunkSamples { flush() }
  }

  /// Writes what is left and the sizes; then calls `done` with the count of samples in the file.
  public func close(_ done: @escaping @LoopActor (Int) -> Void) {
    guard !hasEnded else { return done(file.sampleCount) }
    flush()
    submit { file throws(SoundError) in
      try file.close()
    } then: { file in
      done(file.sampleCount)
    }
    hasEnded = true
  }

  private func flush() {
    guard !chunk.isEmpty else { return }
    let full = chunk
    chunk = []
    chunk.reserveCapacity(Self.chunkSamples)
    submit { file throws(SoundError) in try file.write(full) }
  }

  private func submit(
    _ work: @escaping @Sendable (File) throws(SoundError) -> Void,
    then next: (@LoopActor (File) -> Void)? = nil
  ) {
    let file = file
    let accepted = queue.run {
      Result { () throws(SoundError) in try work(file) }
    } then: { [weak self] result in
      if case .failure(let error) = result { self?.fail(error) }
      next?(file)
    }
    if !accepted { fail(SoundError("the disk is too slow; \(Self.chunksMax) pieces wait to be written")) }
  }

  private func fail(_ error: SoundError) {
    guard !file.hasFailed else { return }
    file.hasFailed = true
    hasEnded = true
    onFailure(SoundError("recording \(path) stopped: \(error)"))
  }

  /// The file. `hasFailed` and, once nothing is queued, `sampleCount` are read on the loop.
  private final class File: @unchecked Sendable {
    // SAFETY: `fd` and `sampleCount` are written by the serial queue; the loop reads the count in
    // the callback that follows the last write. `hasFailed` belongs to the loop.
    let path: String
    let rateHz: Int
    let channels: Int
    private(set) var sampleCount = 0
    var hasFailed = false
    private var fd: Int32 = -1

    init(path: String, rateHz: Int, channels: Int) {
      self.path = path
      self.rateHz = rateHz
      self.channels = channels
    }

    deinit { if fd >= 0 { _ = Glibc.close(fd) } }

    func open() throws(SoundError) {
      fd = Glibc.open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o640)
      if fd < 0 { throw Self.error(errno) }
      try put(WAVHeader.bytes(rateHz: rateHz, channels: channels, dataBytes: nil))
    }

    func write(_ samples: [Int16]) throws(SoundError) {
      guard fd >= 0 else { return }
      try put(samples)
      sampleCount += samples.count
    }

    func close() throws(SoundError) {
      guard fd >= 0 else { return }
      defer {
        _ = Glibc.close(fd)
        fd = -1
      }
      let header = WAVHeader.bytes(rateHz: rateHz, channels: channels, dataBytes: sampleCount * 2)
      // A pipe cannot be rewound and keeps the header for streams.
      guard lseek(fd, 0, SEEK_SET) == 0 else { return }
      try put(header)
    }

    private func put<Element>(_ elements: [Element]) throws(SoundError) {
      let code = elements.withUnsafeBytes { bytes -> Int32 in
        var written = 0
        while written < bytes.count {
          let count = Glibc.write(fd, bytes.baseAddress! + written, bytes.count - written)
          if count < 0 && errno != EINTR { return errno }
          written += max(0, count)
        }
        return 0
      }
      if code != 0 { throw Self.error(code) }
    }

    private static func error(_ code: Int32) -> SoundError {
      let advice =
        switch code {
        case ENOSPC, EDQUOT: ". Free some space or record elsewhere."
        case EACCES, EPERM, EROFS: ". Choose a directory that this user may write to."
        default: ""
        }
      return SoundError(String(cString: strerror(code)) + advice)
    }
  }
}
