// SPDX-License-Identifier: Apache-2.0
import Glibc
import PocketSphinx
import Speech
import SpeechWorker

/// Runs recorded audio through the real engines, as fast as they go, and prints what they heard;
/// `accuracy.py` makes the audio and judges. Fields are separated by tabs.
///
///     accuracy wake FILE.s16 'PHRASE@THRESHOLD/VERIFY'      each candidate: end, margin, accepted
///     accuracy commands FILE.s16 COMMANDS.txt PHRASE        each item: index, verdict, margin, text
///     accuracy exchange FILE.s16 COMMANDS.txt PHRASE        each utterance: see `ExchangeRun`
///     accuracy grammar COMMANDS.txt PHRASE                  the grammar as JSGF
///
/// A verdict is `exact`, `intent` (other words, same meaning), `wrong`, `rejected` or `nothing`.
@main struct Main {
  static func main() {
    do {
      let arguments = Array(CommandLine.arguments.dropFirst())
      switch (arguments.first, arguments.count) {
      case ("wake", 3): try wake(Recording(arguments[1]), phrase(arguments[2]))
      case ("commands", 4):
        try commands(Recording(arguments[1]), CommandsFile.grammar(arguments[2]), phrase(arguments[3]))
      case ("exchange", 4):
        let grammar = try CommandsFile.grammar(arguments[2])
        let run = try ExchangeRun(Recording(arguments[1]), grammar, phrase(arguments[3]))
        try run.run()
      case ("grammar", 3):
        print(try jsgf(CommandsFile.grammar(arguments[1]), phrase(arguments[2])), terminator: "")
      default: throw Failure("usage: see Benchmarks/accuracy/Main.swift")
      }
    } catch {
      let text = "accuracy: \(error)\n"
      _ = text.withCString { write(STDERR_FILENO, $0, strlen($0)) }
      exit(1)
    }
  }

  /// As `mtor-speech --wake` takes it.
  static func phrase(_ text: String) throws -> WakePhrase {
    guard case .serve(let options) = try WorkerOptions.parse(["--wake", text]) else {
      throw Failure("not PHRASE@THRESHOLD/VERIFY: \(text)")
    }
    return options.phrases[0]
  }

  static func spotter(_ phrase: WakePhrase) throws -> WakeSpotter {
    let model = SpeechModel()
    return try WakeSpotter(model: model, checked: ModelCheck.acousticModel(model), phrases: [phrase])
  }

  /// The grammar as the daemon writes it, with the wake phrase in front.
  static func jsgf(_ grammar: CommandGrammar, _ phrase: WakePhrase) -> String {
    grammar.jsgf(name: "commands", optionalPrefixes: [phrase.phrase])
  }

  static func recognizer(_ grammar: CommandGrammar, _ phrase: WakePhrase) throws -> GrammarRecognizer {
    let model = SpeechModel()
    let jsgf = jsgf(grammar, phrase)
    return try GrammarRecognizer(
      model: model, checked: ModelCheck.acousticModel(model),
      grammar: GrammarFile(text: jsgf, name: "commands"), name: "commands")
  }

  static func wake(_ recording: Recording, _ phrase: WakePhrase) throws {
    let spotter = try spotter(phrase)
    spotter.onCandidate = { candidate, accepted in
      print(candidate.end, candidate.margin ?? 0, accepted ? 1 : 0, separator: "\t")
    }
    try spotter.start()
    for frame in recording.frames(0..<recording.samples.count) {
      if let hit = try spotter.process(frame), hit.margin == nil {
        print(hit.end, 0, 1, separator: "\t")
      }
    }
  }

  static func commands(
    _ recording: Recording, _ grammar: CommandGrammar, _ phrase: WakePhrase
  ) throws {
    let recognizer = try recognizer(grammar, phrase)
    for (index, item) in recording.items.enumerated() {
      try recognizer.start()
      for frame in recording.frames(item.range) { try recognizer.process(frame) }
      let result = try recognizer.finish()
      let judge = Judge(grammar: grammar, phrase: phrase.phrase, said: item.text)
      print(
        index, judge.verdict(result), result.margin ?? -999, result.rejected ?? result.text,
        separator: "\t")
    }
  }
}

/// Compares what was understood with what was said.
struct Judge {
  let grammar: CommandGrammar
  let phrase: String
  let said: String

  func verdict(_ transcript: Transcript) -> String {
    if transcript.rejected != nil { return "rejected" }
    if transcript.text.isEmpty { return "nothing" }
    if transcript.text == said { return "exact" }
    let meaning = grammar.match(transcript.text, optionalPrefixes: [phrase])
    return meaning != nil && meaning == grammar.match(said) ? "intent" : "wrong"
  }
}

struct Failure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
