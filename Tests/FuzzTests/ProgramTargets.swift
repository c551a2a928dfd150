// SPDX-License-Identifier: Apache-2.0
import Fuzz
import SQLite

@testable import ALSA
@testable import Store
@testable import mtor

/// Parsers that only a test can reach: a program cannot be linked to the fuzzer.
extension FuzzTarget {
  static let ofPrograms: [FuzzTarget] = [arguments, pcm, row, since]

  /// The command line of `mtor`, one argument a line.
  static let arguments = FuzzTarget("arguments") { input in
    let words = String(decoding: input, as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    do throws(CommandFailure) {
      guard case .run(let command, let invocation) = try ArgumentParser(commands: Commands.all).parse(words)
      else { return }
      let known = Set(command.options.map(\.name))
      Promise.holds(known.isSuperset(of: invocation.options.keys), "\(invocation) is of \(command.name)")
    } catch {
      Promise.holds(error.code == .usage && !error.text.isEmpty, "\(error) says what is wrong")
    }
  }

  /// A PCM's name.
  static let pcm = FuzzTarget("pcm") { input in
    let name = PCMName(String(decoding: input, as: UTF8.self))
    Promise.holds(!name.candidates.isEmpty, "\(name) can be tried")
    Promise.holds(name.candidates.allSatisfy { $0.utf8.count <= 2 * input.count + 64 }, "\(name) is short")
  }

  /// A row of the journal as somebody could have written it into the file: 16 bytes of times, a byte with
  /// the length of the kind, kind, body.
  static let row = FuzzTarget("row") { input in
    guard input.count > 17 else { return }
    let times = input.loadUnaligned(as: (Int64, Int64).self)
    let rest = input[17...]
    let kind = UnsafeRawBufferPointer(rebasing: rest.prefix(Int(input[16])))
    let body = [UInt8](rest.dropFirst(Int(input[16])))
    do throws(SQLiteError) {
      let select = try Connection.open(":memory:").prepare("SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8")
      try select.bind(times.1, at: 1)
      try select.bind(times.0, at: 2)
      try select.bind(times.1, at: 3)
      try select.bind(blob: [UInt8](repeating: 1, count: BootID.byteCount), at: 4)
      try select.bind(text: kind, at: 5)
      try select.bind(blob: body, at: 6)
      for column: Int32 in 7...8 { try select.bind(blob: [UInt8](repeating: 2, count: 32), at: column) }
      guard try select.step(), let row = JournalRow(select) else {
        return Promise.holds(false, "a row whose columns have their sizes is one")
      }
      let isSafe = RowText.line(row).unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f }
      Promise.holds(isSafe, "'\(RowText.line(row))' cannot steer a terminal")
      Promise.holds(RowText.json(row).hasPrefix("{"), "\(row) is exported")
    } catch { Promise.holds(false, "SQLite takes any values: \(error)") }
  }

  /// The time of `--since`.
  static let since = FuzzTarget("since", inputMaxBytes: 256) { input in
    guard let time = SinceText.nanoseconds(String(decoding: input, as: UTF8.self)) else { return }
    Promise.holds(TimeText.local(time).utf8.count == 23, "\(TimeText.local(time)) is a time")
  }
}
