// SPDX-License-Identifier: Apache-2.0
internal import CALSA

/// How one sample lies in memory. Little-endian, interleaved; those that sound hardware really has.
public enum SampleFormat: String, Sendable, CaseIterable, Encodable {
  case s16 = "S16_LE"
  case s32 = "S32_LE"
  /// 24 bits in three bytes (USB).
  case s24Packed = "S24_3LE"
  /// 24 bits in the low bytes of four (I2S).
  case s24 = "S24_LE"
  case float = "FLOAT_LE"
  case u8 = "U8"

  public var bytesPerSample: Int {
    switch self {
    case .u8: 1
    case .s16: 2
    case .s24Packed: 3
    case .s24, .s32, .float: 4
    }
  }

  var alsa: snd_pcm_format_t {
    switch self {
    case .s16: SND_PCM_FORMAT_S16_LE
    case .s32: SND_PCM_FORMAT_S32_LE
    case .s24Packed: SND_PCM_FORMAT_S24_3LE
    case .s24: SND_PCM_FORMAT_S24_LE
    case .float: SND_PCM_FORMAT_FLOAT_LE
    case .u8: SND_PCM_FORMAT_U8
    }
  }
}
