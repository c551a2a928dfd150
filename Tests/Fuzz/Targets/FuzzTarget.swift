// SPDX-License-Identifier: Apache-2.0

/// A parser under attack: takes any bytes and returns, whatever they are.
///
/// What it promises besides is said with `Promise.holds`: a broken promise is a crash to the fuzzer
/// and an issue to a test.
public struct FuzzTarget: Sendable, CustomStringConvertible {
  /// Also the folder of its seeds, `Tests/Fuzz/Corpora/<name>`.
  public let name: String
  /// Longest input that can show something new.
  public let inputMaxBytes: Int
  /// Any thread, any number at once.
  public let run: @Sendable (UnsafeRawBufferPointer) -> Void

  public init(
    _ name: String, inputMaxBytes: Int = 4096, run: @escaping @Sendable (UnsafeRawBufferPointer) -> Void
  ) {
    self.name = name
    self.inputMaxBytes = inputMaxBytes
    self.run = run
  }

  public var description: String { name }

  /// Every parser that a library has; those of the programs are in `Tests/FuzzTests`.
  public static let all: [FuzzTarget] = [
    json, yaml, configuration, board, grammar, spoken, template, expression, automations, zone, jsgf,
    pronunciations, model, wyoming, wav, control, webhook, lines, log, options, endpoint, url, base64, events,
    answer,
    sentences, head, chain,
  ]
}
