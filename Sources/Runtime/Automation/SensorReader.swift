// SPDX-License-Identifier: Apache-2.0
import Configuration
import Glibc
import JSON
import Log
import Loop
import Posix
import Time

/// Reads the numbers of sensors again and again, on a queue of its own: a 1-wire file takes a second.
@LoopActor final class SensorReader {
  /// Bytes of a file that are looked at.
  nonisolated static let bytesMax = 256

  /// A number was read; nil: there is none now.
  var onValue: (@LoopActor (_ sensor: String, Double?) -> Void)?

  private let queue = BlockingQueue("sensors", backlogMax: 64)
  private let loop = LoopActor.shared.loop
  private let log = Logger("sensors")
  private var timers: [RepeatingTimer] = []
  private var underWay: Set<String> = []

  func apply(_ settings: [SensorSettings]) {
    stop()
    for sensor in settings {
      read(sensor)
      timers.append(loop.every(sensor.interval, name: "sensor") { [unowned self] in read(sensor) })
    }
  }

  func stop() {
    for timer in timers { timer.cancel() }
    timers = []
  }

  private func read(_ sensor: SensorSettings) {
    // One that takes longer than its interval is left out.
    guard underWay.insert(sensor.name).inserted else { return }
    do throws(QueueFull) {
      try queue.submit { [loop] in
        let result = Self.number(sensor)
        loop.execute { self.take(sensor, result) }
      }
    } catch {
      underWay.remove(sensor.name)
    }
  }

  private func take(_ sensor: SensorSettings, _ result: Result<Double, SensorError>) {
    underWay.remove(sensor.name)
    switch result {
    case .success(let value):
      if log.settle(sensor.name) { log.notice("sensor \(sensor.name) is back") }
      onValue?(sensor.name, value)
    case .failure(let error):
      log.once(sensor.name, level: .warning, every: .seconds(600), "sensor \(sensor.name): \(error.text)")
      onValue?(sensor.name, nil)
    }
  }

  struct SensorError: Error {
    var text: String
  }

  /// The number in the first file that fits. Any thread; blocks.
  nonisolated static func number(_ sensor: SensorSettings) -> Result<Double, SensorError> {
    guard let path = file(sensor.file) else {
      return .failure(SensorError(text: "there is no file \(sensor.file)"))
    }
    do throws(SystemError) {
      let bytes = try FileDescriptor.open(path, O_RDONLY).read(upTo: bytesMax)
      let text = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace).first ?? ""
      guard let number = Double(text), number.isFinite else {
        return .failure(SensorError(text: "\(path) holds no number"))
      }
      return .success(number * sensor.scale + sensor.offset)
    } catch { return .failure(SensorError(text: "\(error)")) }
  }

  /// Source: glob(3).
  private nonisolated static func file(_ pattern: String) -> String? {
    guard pattern.contains("*") else { return pattern }
    var found = glob_t()
    defer { globfree(&found) }
    guard glob(pattern, 0, nil, &found) == 0, found.gl_pathc > 0, let first = found.gl_pathv[0] else {
      return nil
    }
    return String(cString: first)
  }
}
