// SPDX-License-Identifier: Apache-2.0
internal import CALSA

/// Finds the hardware parameters nearest to a wish and sets them.
///
/// libasound's own rate conversion (linear) stays off, so that a `plug` device shows the rates of
/// the hardware and the better resampler of module DSP does the work.
struct Negotiation {
  private let pcm: OpaquePointer
  private let device: String
  private let direction: PCM.Direction

  init(_ pcm: OpaquePointer, _ device: String, _ direction: PCM.Direction) {
    self.pcm = pcm
    self.device = device
    self.direction = direction
  }

  func run(_ wish: PCMWish) throws(ALSAError) -> PCMParameters {
    var allocated: OpaquePointer?
    try check(snd_pcm_hw_params_malloc(&allocated), "hardware parameters")
    let hw = allocated!
    defer { snd_pcm_hw_params_free(hw) }
    try check(snd_pcm_hw_params_any(pcm, hw), "no hardware parameters")
    snd_pcm_hw_params_set_rate_resample(pcm, hw, 0)
    let access = snd_pcm_hw_params_set_access(pcm, hw, SND_PCM_ACCESS_RW_INTERLEAVED)
    _ = try offered(access < 0 ? nil : access, "interleaved samples are not offered")
    let format = try chooseFormat(wish, hw)
    let channels = try chooseChannels(wish, hw)
    let rate = try chooseRate(wish, hw)
    let (period, buffer) = try chooseBuffer(wish, rate, hw)
    try check(snd_pcm_hw_params(pcm, hw), "the device refuses its own parameters")
    try setSoftware(period: period, buffer: buffer)
    return PCMParameters(
      device: device, rateHz: rate, channels: channels, format: format,
      periodFrames: Int(period), bufferFrames: Int(buffer))
  }

  private func chooseFormat(_ wish: PCMWish, _ hw: OpaquePointer) throws(ALSAError) -> SampleFormat {
    let format = try offered(
      wish.formats.first { snd_pcm_hw_params_test_format(pcm, hw, $0.alsa) == 0 },
      "none of the formats \(wish.formats.map(\.rawValue).joined(separator: ", ")) is offered")
    try check(snd_pcm_hw_params_set_format(pcm, hw, format.alsa), "format \(format.rawValue)")
    return format
  }

  private func chooseChannels(_ wish: PCMWish, _ hw: OpaquePointer) throws(ALSAError) -> Int {
    var most: UInt32 = 0
    snd_pcm_hw_params_get_channels_max(hw, &most)
    var channels = UInt32(clamping: wish.channels)
    // The next count above, so that a channel picked by its index is there.
    if snd_pcm_hw_params_set_channels_min(pcm, hw, &channels) < 0 {
      channels = UInt32(clamping: wish.channels)
    }
    let code = snd_pcm_hw_params_set_channels_near(pcm, hw, &channels)
    return try offered(
      code < 0 ? nil : Int(channels), "\(wish.channels) channels are not offered (at most \(most))")
  }

  private func chooseRate(_ wish: PCMWish, _ hw: OpaquePointer) throws(ALSAError) -> Int {
    var rate = UInt32(clamping: wish.rateHz)
    var side: Int32 = 0
    if snd_pcm_hw_params_test_rate(pcm, hw, rate, 0) < 0 {
      // Narrows to what lies above; when nothing does, the space stays and `near` finds one below.
      _ = snd_pcm_hw_params_set_rate_min(pcm, hw, &rate, &side)
      rate = UInt32(clamping: wish.rateHz)
      side = 0
    }
    let code = snd_pcm_hw_params_set_rate_near(pcm, hw, &rate, &side)
    return try offered(code < 0 ? nil : Int(rate), "no sample rate near \(wish.rateHz) Hz is offered")
  }

  private func chooseBuffer(
    _ wish: PCMWish, _ rateHz: Int, _ hw: OpaquePointer
  ) throws(ALSAError) -> (period: snd_pcm_uframes_t, buffer: snd_pcm_uframes_t) {
    var period = frames(wish.period, rateHz)
    var buffer = max(frames(wish.buffer, rateHz), 2 * period)
    var side: Int32 = 0
    try check(snd_pcm_hw_params_set_period_size_near(pcm, hw, &period, &side), "period")
    try check(snd_pcm_hw_params_set_buffer_size_near(pcm, hw, &buffer), "buffer")
    return (period, buffer)
  }

  private func frames(_ duration: Duration, _ rateHz: Int) -> snd_pcm_uframes_t {
    let (seconds, attoseconds) = duration.components
    let count = Double(rateHz) * (Double(seconds) + Double(attoseconds) / 1e18)
    return snd_pcm_uframes_t(min(max(count.rounded(), 1), 1e9))
  }

  /// Wakes at each period; playback starts with the first full period, for the shortest way to the
  /// first audible sample.
  private func setSoftware(period: snd_pcm_uframes_t, buffer: snd_pcm_uframes_t) throws(ALSAError) {
    var allocated: OpaquePointer?
    try check(snd_pcm_sw_params_malloc(&allocated), "software parameters")
    let sw = allocated!
    defer { snd_pcm_sw_params_free(sw) }
    try check(snd_pcm_sw_params_current(pcm, sw), "software parameters")
    try check(snd_pcm_sw_params_set_avail_min(pcm, sw, period), "wake-up threshold")
    let start = direction == .capture ? 1 : min(period, buffer)
    try check(snd_pcm_sw_params_set_start_threshold(pcm, sw, start), "start threshold")
    try check(snd_pcm_sw_params(pcm, sw), "software parameters")
  }

  private func check(_ code: Int32, _ what: String) throws(ALSAError) {
    if code < 0 { throw .failed(device, what, code) }
  }

  /// What the device has of what is wished; nil: nothing.
  private func offered<Value>(
    _ value: Value?, _ complaint: @autoclosure () -> String
  ) throws(ALSAError) -> Value {
    if let value { return value }
    throw ALSAError(
      .unsupported, device, "\(direction) \(device): \(complaint()). 'mtor devices' lists what is there.")
  }
}
