// SPDX-License-Identifier: Apache-2.0
import Glibc
import Loop
import Posix
import Runtime
import Time

/// A private sound server for machines without a sound card: real ALSA PCMs whose far ends are ours.
///
/// PCM `mic` hears what is played on `micin`; what is played on `spk` goes nowhere. Ends with this
/// process. Run by `scripts/sound-server`, which is installed with the program.
@LoopActor public final class SoundServer {
  /// Longest wait for the server.
  public static let startMax: Duration = .seconds(10)

  private let loop = LoopActor.shared.loop
  private var child: Child?
  private var readers: [LineReader] = []
  private var complaint = ""

  public init() {}

  /// Starts the server in `directory` and points ALSA to it. Call before any PCM is opened: libasound
  /// reads its configuration once.
  /// - Throws: `SoundServerError` with what is missing.
  public func start(in directory: String) async throws {
    let companion = OwnProgram.companion(installed: "share/mtor/sound-server", source: "scripts/sound-server")
    guard let script = companion else {
      throw SoundServerError("scripts/sound-server is not beside this program; reinstall it.")
    }
    try await loop.wait(on: "the sound server", until: loop.now + Self.startMax) { (waiter: Waiter<Void>) in
      do throws(SystemError) {
        let child = try Child(Program([script, directory, "\(getpid())"], output: .pipe, error: .pipe)) {
          [weak self] status in
          waiter.resume(throwing: SoundServerError(self?.complaint ?? "ended with \(status)"))
        }
        self.child = child
        readers = try child.readLines { [unowned self] line in
          receive(line)
          if line.hasPrefix("SOUND_SERVER_PID=") { waiter.resume(returning: ()) }
        }
      } catch { waiter.resume(throwing: error) }
    }
  }

  public func stop() { child?.stop(grace: .seconds(1)) }

  private func receive(_ line: String) {
    guard let equals = line.firstIndex(of: "="), line.first?.isUppercase == true else {
      complaint = line
      return
    }
    setenv(String(line[..<equals]), String(line[line.index(after: equals)...]), 1)
  }
}

/// Why there is no sound server; the text is for people.
public struct SoundServerError: Error, CustomStringConvertible {
  public let description: String
  init(_ description: String) { self.description = description }
}
