// SPDX-License-Identifier: Apache-2.0
internal import CFlite
import Glibc

/// Speech by flite: English only, natural `slt`, `rms`, `awb` and small, fast `kal16`. BSD-like
/// licence. A voice's library is loaded when it is first asked for.
///
/// A voice is the library's global object: all instances must be used by one thread.
public final class FliteSynthesizer: Synthesizer {
  public let name = "flite"
  public let version = FLITE_PROJECT_VERSION
  public let voices = [
    Voice(name: "slt", description: "female, American", languages: ["en-us", "en"]),
    Voice(name: "rms", description: "male, American", languages: ["en-us", "en"]),
    Voice(name: "awb", description: "male, Scottish", languages: ["en-gb-scotland", "en-gb", "en"]),
    Voice(name: "kal16", description: "male, American, diphones", languages: ["en-us", "en"]),
  ]
  private var loaded: [String: UnsafeMutablePointer<cst_voice>] = [:]

  // The library keeps the pointer to a feature's name, so the text must last for ever.
  private let stretch = FliteSynthesizer.name("duration_stretch")
  private let streamingInfo = FliteSynthesizer.name("streaming_info")

  public init() { flite_init() }

  public func speak(
    _ request: SpeechRequest,
    onChunk: @escaping (_ samples: UnsafeBufferPointer<Int16>, _ rateHz: Int) -> Bool
  ) throws(SynthesisError) {
    let voice = try load(voiceName(for: request))
    let sink = ChunkSink(onChunk)
    // SAFETY: `sink` outlives the call below, the only time the library uses the pointer.
    // Without memory the library ends the program.
    let streaming = new_audio_streaming_info()!
    streaming.pointee.min_buffsize = 256
    streaming.pointee.userdata = Unmanaged.passUnretained(sink).toOpaque()
    streaming.pointee.asc = { wave, start, size, _, info in
      guard let wave, let samples = wave.pointee.samples, let user = info?.pointee.userdata else {
        return CST_AUDIO_STREAM_CONT
      }
      let sink = Unmanaged<ChunkSink>.fromOpaque(user).takeUnretainedValue()
      let goesOn = sink.take(
        samples + Int(start), count: Int(size), rateHz: Int(wave.pointee.sample_rate))
      return goesOn ? CST_AUDIO_STREAM_CONT : CST_AUDIO_STREAM_STOP
    }
    feat_set_float(voice.pointee.features, stretch, Float(1 / request.speed))
    // The voice owns `streaming` from here; the next request replaces it.
    feat_set(voice.pointee.features, streamingInfo, audio_streaming_info_val(streaming))
    withExtendedLifetime(sink) { _ = flite_text_to_speech(request.text, voice, "stream") }
  }

  private func voiceName(for request: SpeechRequest) throws(SynthesisError) -> String {
    if let voice = request.voice { return voice }
    guard let language = request.language?.lowercased() else { return "slt" }
    if let voice = voices.first(where: { $0.languages.contains(language) }) { return voice.name }
    if language.hasPrefix("en") { return "slt" }
    throw .unknownVoice("for \(language)", engine: name, known: "English only")
  }

  private static func name(_ text: StaticString) -> UnsafePointer<CChar> {
    // SAFETY: a static string's bytes are ASCII, end with NUL and are never freed.
    UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)
  }

  private func load(_ voice: String) throws(SynthesisError) -> UnsafeMutablePointer<cst_voice> {
    if let known = loaded[voice] { return known }
    guard voices.contains(where: { $0.name == voice }) else {
      let known = voices.map(\.name).joined(separator: ", ")
      throw .unknownVoice(voice, engine: name, known: known)
    }
    let library = "libflite_cmu_us_\(voice).so.1"
    // SAFETY: the symbol has this type in every voice of flite 2; the library is never unloaded.
    guard let handle = dlopen(library, RTLD_NOW), let symbol = dlsym(handle, "register_cmu_us_\(voice)"),
      let made = unsafeBitCast(symbol, to: flite_register_voice.self)(nil)
    else {
      let reason = dlerror().map { String(cString: $0) } ?? "voice \(voice) cannot be made"
      throw .unavailable(engine: name, reason: reason)
    }
    loaded[voice] = made
    return made
  }
}
