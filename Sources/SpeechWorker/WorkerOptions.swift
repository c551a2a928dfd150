// SPDX-License-Identifier: Apache-2.0
import Log
import PocketSphinx
import Posix
import Speech

/// What `mtor-speech` was told on its command line.
public struct WorkerOptions: Sendable, Equatable {
  public var endpoint = Endpoint.tcp(host: "127.0.0.1", port: 10_300)
  public var phrases: [WakePhrase] = []
  public var grammar: String?
  public var marginMin = GrammarRecognizer.defaultMarginMin
  public var dictation = false
  public var voice: String?
  public var model = SpeechModel()
  public var sessionsMax = 2
  public var logLevel = LogLevel.info

  public init() {}

  /// What the command line asks for.
  public enum Request: Sendable, Equatable {
    case serve(WorkerOptions)
    case help
    case version
  }

  /// - Throws: `UsageError` naming the argument.
  public static func parse(_ arguments: [String]) throws(UsageError) -> Request {
    var options = WorkerOptions()
    var rest = arguments[...]
    while let flag = rest.popFirst() {
      switch flag {
      case "--help", "-h": return .help
      case "--version": return .version
      case "--dictation": options.dictation = true
      default:
        guard let set = setters[flag] else { throw UsageError("unknown option '\(flag)'") }
        guard let value = rest.popFirst() else { throw UsageError("\(flag) needs a value") }
        do { try set(&options, value) } catch {
          throw UsageError("\(flag) '\(value)': \(error)")
        }
      }
    }
    return .serve(options)
  }

  private typealias Setter = @Sendable (inout WorkerOptions, String) throws -> Void

  private static let setters: [String: Setter] = [
    "--uri": { $0.endpoint = try Endpoint($1) },
    "--wake": { $0.phrases.append(try phrase($1)) },
    "--grammar": { $0.grammar = $1 },
    "--margin": { $0.marginMin = try number($1, -100...100) },
    "--voice": { $0.voice = $1 },
    "--model": { $0.model = SpeechModel(folder: $1) },
    "--sessions": { $0.sessionsMax = Int(try number($1, 1...16)) },
    "--log-level": {
      guard let level = LogLevel(name: $1) else {
        throw UsageError("one of \(LogLevel.allCases.map(\.name).joined(separator: ", "))")
      }
      $0.logLevel = level
    },
  ]

  /// `PHRASE[@THRESHOLD[/VERIFY]]`; `/off` leaves the second stage out.
  static func phrase(_ text: String) throws(UsageError) -> WakePhrase {
    let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    let words = parts.first.map { $0.lowercased().split(separator: " ").joined(separator: " ") } ?? ""
    guard !words.isEmpty else { throw UsageError("a phrase is one or more words") }
    var phrase = WakePhrase(words)
    guard parts.count == 2 else { return phrase }
    let numbers = parts[1].split(separator: "/", maxSplits: 1).map(String.init)
    guard let threshold = numbers.first.flatMap(Double.init), threshold > 0, threshold <= 1 else {
      throw UsageError("the threshold is a number above 0 and up to 1, such as 1e-60")
    }
    phrase.threshold = threshold
    if numbers.count == 2 {
      phrase.verify = numbers[1] == "off" ? nil : try number(numbers[1], -1_000...1_000)
    }
    return phrase
  }

  private static func number(_ text: String, _ range: ClosedRange<Double>) throws(UsageError) -> Double {
    guard let value = Double(text), range.contains(value) else {
      throw UsageError("a number from \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  public static let help = """
    mtor-speech: wake phrases, speech to text and text to speech, offline.

    Serves the Wyoming protocol to any number of clients; needs no network.

      --uri URI           unix:///PATH or tcp://ADDRESS:PORT (tcp://127.0.0.1:10300)
      --wake 'PHRASE[@THRESHOLD[/VERIFY]]'
                          a wake phrase; repeat for more. THRESHOLD: smaller finds more and errs
                          more (1e-60). VERIFY: least score of the second stage against free
                          phones, 'off' for none. Four syllables or more work best.
      --grammar FILE      sentences to recognise, as JSGF; SIGHUP reads it again
      --margin NUMBER     least score per frame of a sentence against free phones; what is below
                          is answered with an empty transcript (\(GrammarRecognizer.defaultMarginMin))
      --dictation         also recognise free text, as model 'dictation': unreliable, 200 MB
      --voice NAME        voice for requests that name none: slt, rms, awb, kal16 of flite, or one
                          of eSpeak NG's: en-us, de, en-us+f3, … where this build has it
      --model DIR         a model laid out like Debian's (\(SpeechModel.debianFolder))
      --sessions N        wake and speech-to-text sessions at the same time, each (2)
      --log-level LEVEL   debug, info, notice, warning, error (info)
      --version, --help

    Signals: SIGHUP reads the grammar again; a bad one changes nothing. SIGTERM ends.
    Exit: 0 ended · 64 bad option · 69 model, voice or address cannot be used · 78 a wake phrase
    or the grammar is wrong. The text on standard error says which and what to do.

    Example:
      mtor-speech --uri tcp://0.0.0.0:10300 --wake 'hey jarvis' --grammar commands.jsgf

    """
}

/// A command line that makes no sense.
public struct UsageError: Error, Equatable, CustomStringConvertible {
  public let description: String
  init(_ description: String) { self.description = description }
}
