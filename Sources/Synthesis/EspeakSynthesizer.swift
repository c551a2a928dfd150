// SPDX-License-Identifier: Apache-2.0
#if ESPEAK_NG
  internal import CEspeakNG
  import Glibc

  /// Speech by eSpeak NG: more than a hundred languages, first sound in a millisecond, a robot's
  /// voice. GPL-3: a program with it may be distributed only under terms compatible with that.
  ///
  /// The library's state is global: all instances must be used by one thread.
  public final class EspeakSynthesizer: Synthesizer {
    public let name = "espeak-ng"
    public let version: String
    public let voices: [Voice]
    private let rateHz: Int
    /// Words per minute at speed 1.
    private static let wordsPerMinute = 165.0

    /// - Throws: `.unavailable` when the voice data is missing.
    public init() throws(SynthesisError) {
      rateHz = try Self.initialized.get()
      var path: UnsafePointer<CChar>?
      version = espeak_Info(&path).map { String(cString: $0) } ?? ""
      voices = Self.listVoices()
    }

    public func speak(
      _ request: SpeechRequest,
      onChunk: @escaping (_ samples: UnsafeBufferPointer<Int16>, _ rateHz: Int) -> Bool
    ) throws(SynthesisError) {
      let voice = request.voice ?? request.language?.lowercased() ?? "en-us"
      guard Self.isName(voice),
        espeak_ng_SetVoiceByName(voice) == ENS_OK || select(language: voice, request)
      else {
        throw .unknownVoice(voice, engine: name, known: "\(voices.count) voices: espeak-ng --voices")
      }
      espeak_SetParameter(espeakRATE, Int32(Self.wordsPerMinute * request.speed), 0)
      let sink = ChunkSink(onChunk)
      sink.rateHz = rateHz
      // SAFETY: `sink` outlives the call, which is synchronous: the callback is over when it returns.
      let user = Unmanaged.passUnretained(sink).toOpaque()
      let result = withExtendedLifetime(sink) {
        espeak_Synth(
          request.text, request.text.utf8.count + 1, 0, POS_CHARACTER, 0, UInt32(espeakCHARS_UTF8),
          nil, user)
      }
      guard result == EE_OK || sink.wasStopped else {
        throw .failed(engine: name, reason: "code \(result.rawValue)")
      }
    }

    /// The name comes from a client, and the library does not check it: it reads `a/b` as a file's
    /// path, and copies a variant (`en+NAME`) into 40 bytes, after three of its own, without looking.
    private static func isName(_ voice: String) -> Bool {
      voice.utf8.count <= 36 && !voice.utf8.contains { $0 == UInt8(ascii: "/") || $0 == 0 }
    }

    /// `de-AT` speaks as `de` when there is no nearer voice.
    private func select(language: String, _ request: SpeechRequest) -> Bool {
      guard request.voice == nil, let base = language.split(separator: "-").first else { return false }
      return espeak_ng_SetVoiceByName(String(base)) == ENS_OK
    }

    /// The sample rate, once the library is ready.
    private static let initialized: Result<Int, SynthesisError> = {
      // Even without output the library connects to a sound server; one that hangs held it for 30 s.
      setenv("PULSE_SERVER", "unix:/nonexistent", 1)
      espeak_ng_InitializePath(nil)
      var status = espeak_ng_Initialize(nil)
      if status == ENS_OK {
        status = espeak_ng_InitializeOutput(ENOUTPUT_MODE_SYNCHRONOUS, 20, nil)
      }
      guard status == ENS_OK else {
        var text = [CChar](repeating: 0, count: 256)
        espeak_ng_GetStatusCodeMessage(status, &text, text.count)
        let reason = text.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
        return .failure(
          .unavailable(engine: "espeak-ng", reason: "\(reason). Is espeak-ng-data installed?"))
      }
      espeak_SetSynthCallback { samples, count, events in
        guard let user = events?.pointee.user_data else { return 0 }
        let sink = Unmanaged<ChunkSink>.fromOpaque(user).takeUnretainedValue()
        guard let samples, count > 0 else { return sink.wasStopped ? 1 : 0 }
        return sink.take(samples, count: Int(count), rateHz: sink.rateHz) ? 0 : 1
      }
      return .success(Int(espeak_ng_GetSampleRate()))
    }()

    private static func listVoices() -> [Voice] {
      guard var list = espeak_ListVoices(nil) else { return [] }
      var voices: [Voice] = []
      while let voice = list.pointee?.pointee {
        // `languages`: a priority byte and a NUL-terminated name, repeated; the first is its own.
        if let name = voice.name, let languages = voice.languages {
          let language = String(cString: languages + 1)
          voices.append(
            Voice(name: language, description: String(cString: name), languages: [language]))
        }
        list += 1
      }
      return voices
    }
  }
#endif
