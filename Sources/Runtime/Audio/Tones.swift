// SPDX-License-Identifier: Apache-2.0
import Glibc

/// The built-in sounds: short, soft, told apart by their direction.
public enum Tones {
  /// Rising: "I am listening".
  public static let wake = melody([(660, 0.07), (880, 0.11)])
  /// One light note: "done".
  public static let done = melody([(880, 0.06), (1320, 0.12)], gain: 0.18)
  /// Falling and low: "that did not work".
  public static let failure = melody([(392, 0.14), (294, 0.24)])

  /// The sound with a name of the configuration: `wake`, `failure`, `done`; else nil.
  public static func named(_ name: String) -> Sound? {
    ["wake": wake, "failure": failure, "done": done][name]
  }

  private static let rateHz = 16_000

  /// Notes of (Hz, seconds), each with a soft onset and a decay, so that nothing clicks.
  private static func melody(_ notes: [(hertz: Double, seconds: Double)], gain: Double = 0.22) -> Sound {
    let samples = notes.flatMap { note in
      let count = Int(note.seconds * Double(rateHz))
      return (0..<count).map { index -> Int16 in
        let time = Double(index) / Double(rateHz)
        let phase = 2 * Double.pi * note.hertz * time
        let wave = sin(phase) + 0.25 * sin(2 * phase)
        let onset = min(1, time / 0.008)
        let release = min(1, Double(count - 1 - index) / (0.02 * Double(rateHz)))
        let decay = exp(-2.5 * time / note.seconds)
        return Int16(32767 * gain * wave * onset * release * decay)
      }
    }
    return Sound(rateHz: rateHz, channels: 1, samples: samples)
  }
}
