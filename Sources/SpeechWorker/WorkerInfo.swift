// SPDX-License-Identifier: Apache-2.0
import JSON
import Synthesis
import Wyoming

/// The answer to `describe`: what these options really offer.
enum WorkerInfo {
  static let version = "0.1.0"

  static func make(_ options: WorkerOptions, _ synthesizers: [any Synthesizer]) -> WyomingInfo {
    var programs: [WyomingInfo.Kind: [WyomingProgram]] = [:]
    let models = recognitionModels(options)
    if !models.isEmpty {
      programs[.asr] = [
        pocketSphinx(
          "speech to text", models,
          ["supports_transcript_streaming": .bool(true), "requires_external_vad": .bool(true)])
      ]
    }
    if !options.phrases.isEmpty {
      programs[.wake] = [pocketSphinx("wake phrases", options.phrases.map { wakeModel($0.phrase) }, [:])]
    }
    programs[.tts] = synthesizers.map(program)
    return WyomingInfo(programs)
  }

  private static func recognitionModels(_ options: WorkerOptions) -> [WyomingModel] {
    var models: [WyomingModel] = []
    if options.grammar != nil { models.append(model("commands", "the sentences of the grammar")) }
    if options.dictation { models.append(model("dictation", "free text")) }
    return models
  }

  private static func wakeModel(_ phrase: String) -> WyomingModel {
    var wake = model(phrase, "the phrase '\(phrase)'")
    wake.options = ["phrase": .string(phrase)]
    return wake
  }

  private static func model(_ name: String, _ description: String) -> WyomingModel {
    WyomingModel(
      name: name, description: description, version: version, attribution: sphinx,
      languages: ["en"])
  }

  private static func pocketSphinx(
    _ what: String, _ models: [WyomingModel], _ options: JSONObject
  ) -> WyomingProgram {
    WyomingProgram(
      name: "mtor-speech", description: "\(what) by PocketSphinx", version: version,
      attribution: sphinx, models: models, options: options)
  }

  private static func program(_ engine: any Synthesizer) -> WyomingProgram {
    let attribution = engine.name == "flite" ? flite : espeak
    return WyomingProgram(
      name: engine.name, description: "text to speech", version: engine.version,
      attribution: attribution,
      models: engine.voices.map {
        WyomingModel(
          name: $0.name, description: $0.description, version: engine.version,
          attribution: attribution, languages: $0.languages)
      })
  }

  private static let sphinx = WyomingAttribution(
    name: "CMU Sphinx", url: "https://github.com/cmusphinx/pocketsphinx")
  private static let flite = WyomingAttribution(name: "CMU Flite", url: "http://cmuflite.org")
  private static let espeak = WyomingAttribution(
    name: "eSpeak NG", url: "https://github.com/espeak-ng/espeak-ng")
}
