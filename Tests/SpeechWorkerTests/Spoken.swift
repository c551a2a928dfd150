// SPDX-License-Identifier: Apache-2.0
import PocketSphinx
import SpeechWorker
import Synthesis

/// Speech of our own synthesizers at 16 kHz, as a microphone would hear it.
enum Spoken {
  static let grammar = """
    #JSGF V1.0;
    grammar commands;
    public <command> = turn (on | off) the [kitchen] light | what time is it | stop the music;
    """

  /// Half a second of quiet, the text in flite's voice `voice`, 0.7 seconds of quiet.
  static func samples(_ text: String, voice: String = "slt") throws -> [Int16] {
    let synthesizer = FliteSynthesizer()
    let sink = Sink()
    try synthesizer.speak(SpeechRequest(text, voice: voice)) { samples, _ in
      sink.samples.append(contentsOf: samples)
      return true
    }
    return quiet(8_000) + sink.samples + quiet(11_200)
  }

  static func quiet(_ count: Int) -> [Int16] {
    var state: UInt32 = 1
    return (0..<count).map { _ in
      state = state &* 1_664_525 &+ 1_013_904_223
      return Int16(state >> 28) - 8
    }
  }

  /// The samples with white noise of this largest value added: the same noise each time.
  static func noisy(_ samples: [Int16], level: Int) -> [Int16] {
    var state: UInt32 = 1
    return samples.map { sample in
      state = state &* 1_664_525 &+ 1_013_904_223
      return Int16(clamping: Int(sample) + Int(state >> 16) * 2 * level / 65_536 - level)
    }
  }

  final class Sink { var samples: [Int16] = [] }
}

extension Recognizer {
  func hear(_ samples: [Int16]) throws -> Transcript {
    try start()
    try samples.withUnsafeBufferPointer { try process($0) }
    return try finish()
  }
}

extension WakeSpotter {
  /// What a stream of its own contains.
  func hear(_ samples: [Int16]) throws -> [Detection] {
    try start()
    defer { try? stop() }
    var found: [Detection] = []
    for start in stride(from: 0, to: samples.count, by: 320) {
      let frame = Array(samples[start..<min(start + 320, samples.count)])
      if let hit = try frame.withUnsafeBufferPointer({ try process($0) }) { found.append(hit) }
    }
    return found
  }
}
