// SPDX-License-Identifier: Apache-2.0
import Glibc
import Loop
import Posix
import Time
import Wyoming

/// A client of a simulated service: bytes as they come, answers right and wrong.
@LoopActor final class SimulatedConnection {
  var isWake = false
  var isHearing = false
  /// Samples heard so far.
  private(set) var samples = 0
  var isOpen: Bool { descriptor != nil }

  private var descriptor: FileDescriptor?
  private let loop = LoopActor.shared.loop
  private let onEvent: @LoopActor (SimulatedConnection, WyomingEvent) -> Void
  private let onClose: @LoopActor () -> Void
  private var token: WatchToken?
  private var decoder = WyomingDecoder()
  private var encoder = WyomingEncoder()
  private var outgoing: [UInt8] = []
  private var interest: Interest = .read

  init(
    _ descriptor: consuming FileDescriptor,
    onEvent: @escaping @LoopActor (SimulatedConnection, WyomingEvent) -> Void,
    onClose: @escaping @LoopActor () -> Void
  ) {
    let raw = descriptor.raw
    self.descriptor = consume descriptor
    self.onEvent = onEvent
    self.onClose = onClose
    token = try? loop.watch(raw, .read, name: "simulated client") { [unowned self] ready in
      if ready.contains(.write) { flush() }
      if !ready.isDisjoint(with: [.read, .hangup, .error]) { read() }
    }
  }

  func setReading(_ isReading: Bool) {
    interest = isReading ? .read : []
    flush()
  }

  func close() {
    guard isOpen else { return }
    if let token { loop.unwatch(token) }
    token = nil
    descriptor = nil
    onClose()
  }

  func send(_ events: [WyomingEvent]) {
    for event in events { encoder.append(event, to: &outgoing) }
    flush()
  }

  func sendSound(milliseconds: Int) {
    let silence = [UInt8](repeating: 0, count: milliseconds * 32)
    silence.withUnsafeBytes { encoder.append(WyomingAudio(.speech), $0, to: &outgoing) }
    flush()
  }

  /// The first half of an answer, and the end.
  func sendHalf(_ events: [WyomingEvent]) {
    var bytes: [UInt8] = []
    for event in events { encoder.append(event, to: &bytes) }
    outgoing += bytes.prefix(bytes.count / 2)
    flush()
    close()
  }

  func sendGarbage(_ random: inout SeededGenerator) {
    let kinds: [String] = [
      "{\"type\": \"transcript\", \"data_length\": 99999999999}\n", "{\"type\": 7}\n", "not JSON\n",
      "{\"type\": \"info\", \"data_length\": 4}\n[[[[", "\u{0}\u{1}\u{2}", "\n\n\n",
      "{\"type\": \"nonsense\"}\n",
    ]
    outgoing += random.pick(kinds).utf8
    flush()
  }

  private func read() {
    guard let raw = descriptor?.raw else { return }
    let count = withUnsafeTemporaryAllocation(byteCount: 64 << 10, alignment: 1) { buffer in
      let count = Glibc.read(raw, buffer.baseAddress, buffer.count)
      if count > 0 { decoder.append(UnsafeRawBufferPointer(rebasing: buffer[..<count])) }
      return count
    }
    if count == 0 || (count < 0 && errno != EAGAIN) { return close() }
    do throws(WyomingError) {
      while isOpen, let element = try decoder.next() {
        switch element {
        case .audio(_, let count): samples += count / 2
        case .frame(let frame): onEvent(self, try WyomingEvent(frame))
        }
      }
    } catch { close() }
  }

  private func flush() {
    guard let raw = descriptor?.raw else { return }
    if !outgoing.isEmpty {
      let count = outgoing.withUnsafeBytes { Glibc.write(raw, $0.baseAddress, $0.count) }
      if count < 0, errno != EAGAIN { return close() }
      outgoing.removeFirst(max(0, count))
    }
    if let token { loop.modify(token, outgoing.isEmpty ? interest : interest.union(.write)) }
  }
}
