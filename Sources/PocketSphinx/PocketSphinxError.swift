// SPDX-License-Identifier: Apache-2.0

/// What can be wrong with a model, a dictionary, a phrase or a grammar.
public enum PocketSphinxError: Error, Equatable, CustomStringConvertible {
  /// A file of the model cannot be opened; `reason` is the system's.
  case modelMissing(path: String, reason: String)
  /// A file of the model is not what its own header says, so the library would crash on it.
  case modelDamaged(path: String, reason: String)
  /// Words that the dictionary does not have; `owner` is the phrase or grammar that uses them.
  case unknownWords([String], owner: String, dictionary: String)
  /// A grammar that cannot be used, with the place where it is known.
  case badGrammar(file: String, line: Int?, reason: String)
  /// The library refused an operation; `detail` is its own message.
  case refused(operation: String, detail: String)

  public var description: String {
    switch self {
    case .modelMissing(let path, let reason):
      "speech model: cannot open \(path): \(reason). "
        + "Install Debian's package pocketsphinx-en-us, or name a folder with --model."
    case .modelDamaged(let path, let reason):
      "speech model: \(path) is damaged: \(reason). "
        + "Reinstall it: apt-get install --reinstall pocketsphinx-en-us"
    case .unknownWords(let words, let owner, let dictionary):
      "\(owner): the dictionary does not know \(words.map { "'\($0)'" }.joined(separator: ", ")). "
        + "Use other words, or add a line with the phones to \(dictionary)."
    case .badGrammar(let file, let line, let reason):
      "\(file):\(line.map { "\($0):" } ?? "") \(reason)"
    case .refused(let operation, let detail):
      "pocketsphinx: \(operation): \(detail)"
    }
  }
}
