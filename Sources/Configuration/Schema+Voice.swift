// SPDX-License-Identifier: Apache-2.0
import Speech
import YAML

extension Schema {
  static let voice: [Field<VoiceSettings>] = [
    Field(
      "wake", \.wakeMode, .choice(),
      "What opens an utterance: a wake phrase, a button (the step listen), any speech, or nothing."),
    Field("barge_in", \.bargeIn, .choice(), "What silences a reply that is being spoken."),
    Field(
      "refractory", \.refractory, .duration(.zero ... .seconds(10)),
      "After a wake, further wakes are ignored for so long."),
    Field("pre_roll", \.preRoll, .duration(.zero ... .seconds(2)), "Audio kept from before the trigger."),
    Field(
      "start_trigger", \.startTrigger, .duration(.milliseconds(20) ... .milliseconds(100)),
      "Speech within 100 ms that starts an utterance."),
    Field(
      "hangover", \.hangover, .duration(.milliseconds(100) ... .seconds(3)), "Silence that ends an utterance."
    ),
    Field(
      "minimum_utterance", \.minimumUtterance, .duration(.zero ... .seconds(5)),
      "Shorter speech is taken for a noise."),
    Field(
      "maximum_utterance", \.maximumUtterance, .duration(.seconds(1) ... .seconds(60)),
      "Longer speech is cut here."),
    Field(
      "no_speech_timeout", \.noSpeechTimeout, .duration(.milliseconds(500) ... .seconds(60)),
      "After the wake phrase: no speech for so long ends the listening."),
    Field(
      "deadline", \.deadline, .duration(.milliseconds(500) ... .seconds(120)),
      "From the end of speech, or the button's release, to the reply's first sound, all stages together."),
  ]

  static let wakePhrases = ValueType<[WakePhrase]>.list(
    "list of phrases", of: wakePhrase, count: 0...8, orSingle: true)

  /// `hey jarvis`, or a map with its thresholds.
  private static let wakePhrase: ValueType<WakePhrase> = {
    let section = ValueType.section(WakePhrase(""), phrase)
    return ValueType(
      summary: section.summary, keys: section.keys,
      read: { node, path, current, reader in
        if case .map = node { return section.read(node, path, current, &reader) }
        return spokenWords.read(node, path, nil, &reader).map(WakePhrase.init)
      },
      tree: { phrase in
        phrase == WakePhrase(phrase.phrase) ? .text(phrase.phrase) : section.tree(phrase)
      })
  }()

  private static let phrase: [Field<WakePhrase>] = [
    Field("phrase", \.phrase, spokenWords, isRequired: true, "The words."),
    Field("threshold", \.threshold, .number(1e-120...1), "Smaller finds more and errs more."),
    Field(
      "verify", \.verify, .optional(.number(-100...100), none: "off"),
      "Second stage: accepted at this score per frame or above; off trusts the first stage."),
  ]

  private static let spokenWords = ValueType<String>.scalar(
    "words as they are spoken",
    parse: { text in
      let isFine =
        text.contains(where: \.isLetter) && text.allSatisfy { $0.isLetter || $0 == " " || $0 == "'" }
      return isFine && text.utf8.count <= 64
        ? .success(text.lowercased())
        : .failure(
          BadText(text: "\(quoted(text)): write words of letters as they are spoken, at most 64 bytes."))
    },
    show: { $0 })

  static let services: [Field<ServiceSettings>] = [
    Field("wake", \.wake, .name("name of a worker"), "Hears the wake phrase."),
    Field("speech_to_text", \.speechToText, .name("name of a worker"), "Writes down what was said."),
    Field("text_to_speech", \.textToSpeech, .name("name of a worker"), "Speaks replies."),
    Field(
      "intent", \.intent, .optional(.name("name of a worker")),
      "Is asked which command a sentence means that is none of them."),
    Field(
      "handle", \.handle, .optional(.name("name of a worker")),
      "Is given what nobody understood; what it answers is spoken."),
  ]
}
