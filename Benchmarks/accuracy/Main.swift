// SPDX-License-Identifier: Apache-2.0
import Glibc
import PocketSphinx
import Speech
import SpeechWorker

/// Runs recorded audio through the real engines, as fast as they go, and prints what they heard;
/// `accuracy.py` makes the audio and judges.
///
///     accuracy wake FILE.s16 'PHRASE@THRESHOLD/VERIFY'…   candidates: position, phrase, margin, accepted
///     accuracy grammar FILE.s16 FILE.jsgf                 per item: index, margin, accepted, text
@main struct Main {
  static func main() {
    do {
      let arguments = CommandLine.arguments.dropFirst()
      guard arguments.count >= 3, let mode = arguments.first else { throw Failure("usage: see Main.swift") }
      let rest = Array(arguments.dropFirst())
      switch mode {
      case "wake": try wake(Recording(rest[0]), phrases: rest.dropFirst().map(phrase))
      case "grammar": try grammar(Recording(rest[0]), rest[1])
      default: throw Failure("no such mode: \(mode)")
      }
    } catch {
      let text = "accuracy: \(error)\n"
      _ = text.withCString { write(STDERR_FILENO, $0, strlen($0)) }
      exit(1)
    }
  }

  static func phrase(_ text: String) throws -> WakePhrase {
    let parts = text.split(separator: "@")
    let numbers = parts.count == 2 ? parts[1].split(separator: "/").compactMap { Double($0) } : []
    guard let threshold = numbers.first else { throw Failure("not PHRASE@THRESHOLD/VERIFY: \(text)") }
    var phrase = WakePhrase(String(parts[0]))
    phrase.threshold = threshold
    phrase.verify = numbers.count > 1 ? numbers[1] : nil
    return phrase
  }

  static func wake(_ recording: Recording, phrases: [WakePhrase]) throws {
    let model = SpeechModel()
    let spotter = try WakeSpotter(
      model: model, checked: ModelCheck.acousticModel(model), phrases: phrases)
    spotter.onCandidate = { candidate, accepted in
      print(candidate.end, candidate.margin ?? 0, accepted ? 1 : 0, candidate.phrase)
    }
    try spotter.start()
    for frame in recording.frames(0..<recording.samples.count) {
      if let hit = try spotter.process(frame), hit.margin == nil { print(hit.end, 0, 1, hit.phrase) }
    }
  }

  static func grammar(_ recording: Recording, _ path: String) throws {
    let model = SpeechModel()
    let recognizer = try GrammarRecognizer(
      model: model, checked: ModelCheck.acousticModel(model), grammar: GrammarFile(path: path),
      name: path)
    for (index, item) in recording.items.enumerated() {
      try recognizer.start()
      for frame in recording.frames(item) { try recognizer.process(frame) }
      let result = try recognizer.finish()
      let text = result.rejected ?? result.text
      print(index, result.margin ?? -999, result.rejected == nil ? 1 : 0, text)
    }
  }
}

struct Failure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
