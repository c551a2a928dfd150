// SPDX-License-Identifier: Apache-2.0
internal import CALSA
import Spelling

/// A volume control or switch of a card.
public struct MixerElement: Sendable, Equatable, Encodable {
  public let name: String
  /// 0…100; nil: no playback volume.
  public let volumePercent: Int?
  /// Nil: no playback switch.
  public let isMuted: Bool?
  /// 0…100; nil: no capture volume.
  public let captureVolumePercent: Int?
}

/// A card's simple mixer. Opening and each call talk to the kernel or a sound server: not on the loop.
public struct Mixer: ~Copyable {
  private let handle: OpaquePointer
  private let card: String

  /// Opens the mixer of the card that a PCM name belongs to (`card:ID`, `hw:0`, `default`).
  /// - Throws: `ALSAError`: `notFound`, `permissionDenied`, `failed`.
  public static func open(for pcm: String) throws(ALSAError) -> Mixer {
    calsa_silence()
    let card = PCMName(pcm).control
    let (handle, code) = load(card)
    guard let handle else {
      switch ALSAError.opening(PCMName(pcm), .playback, code) {
      case let error where error.kind == .permissionDenied: throw error
      default:
        throw ALSAError(
          .notFound, card, "mixer of \(card): no such card. 'mtor devices' lists what is there.")
      }
    }
    return Mixer(handle: handle, card: card)
  }

  deinit { snd_mixer_close(handle) }

  /// Every element, in the driver's order.
  public var elements: [MixerElement] { Self.read(handle) }

  /// Sets the playback volume of `element` on all channels, 0…100 of its range; outside is clamped.
  /// - Throws: `ALSAError`: `notFound` with the nearest names, `unsupported` (no volume), `failed`.
  public func setVolume(_ percent: Int, of element: String) throws(ALSAError) {
    let found = try find(element)
    try demand(snd_mixer_selem_has_playback_volume(found), of: element, "has no volume")
    var low = 0
    var high = 0
    snd_mixer_selem_get_playback_volume_range(found, &low, &high)
    let value = low + ((high - low) * min(max(percent, 0), 100) + 50) / 100
    try check(snd_mixer_selem_set_playback_volume_all(found, value), "volume of '\(element)'")
  }

  /// Mutes or unmutes `element` on all channels.
  /// - Throws: `ALSAError`: `notFound` with the nearest names, `unsupported` (no switch), `failed`.
  public func setMuted(_ muted: Bool, of element: String) throws(ALSAError) {
    let found = try find(element)
    try demand(snd_mixer_selem_has_playback_switch(found), of: element, "cannot be muted")
    try check(snd_mixer_selem_set_playback_switch_all(found, muted ? 0 : 1), "switch of '\(element)'")
  }

  /// The elements of a card for the listing; none when it has no mixer.
  static func elements(card: String) -> [MixerElement] {
    guard let handle = load(card).handle else { return [] }
    defer { snd_mixer_close(handle) }
    return read(handle)
  }

  private static func load(_ card: String) -> (handle: OpaquePointer?, code: Int32) {
    var handle: OpaquePointer?
    var code = snd_mixer_open(&handle, 0)
    guard code >= 0, let handle else { return (nil, code) }
    code = snd_mixer_attach(handle, card)
    if code >= 0 { code = snd_mixer_selem_register(handle, nil, nil) }
    if code >= 0 { code = snd_mixer_load(handle) }
    if code >= 0 { return (handle, 0) }
    snd_mixer_close(handle)
    return (nil, code)
  }

  private static func read(_ mixer: OpaquePointer) -> [MixerElement] {
    var elements: [MixerElement] = []
    var next = snd_mixer_first_elem(mixer)
    while let element = next {
      elements.append(describe(element))
      next = snd_mixer_elem_next(element)
    }
    return elements
  }

  private static func describe(_ element: OpaquePointer) -> MixerElement {
    let hasVolume = snd_mixer_selem_has_playback_volume(element) != 0
    let hasSwitch = snd_mixer_selem_has_playback_switch(element) != 0
    let hasCapture = snd_mixer_selem_has_capture_volume(element) != 0
    var low = 0
    var high = 0
    var value = 0
    var isOn: Int32 = 1
    var volume: Int?
    var capture: Int?
    if hasVolume {
      snd_mixer_selem_get_playback_volume_range(element, &low, &high)
      snd_mixer_selem_get_playback_volume(element, SND_MIXER_SCHN_FRONT_LEFT, &value)
      volume = percent(value, low, high)
    }
    if hasCapture {
      snd_mixer_selem_get_capture_volume_range(element, &low, &high)
      snd_mixer_selem_get_capture_volume(element, SND_MIXER_SCHN_FRONT_LEFT, &value)
      capture = percent(value, low, high)
    }
    if hasSwitch { snd_mixer_selem_get_playback_switch(element, SND_MIXER_SCHN_FRONT_LEFT, &isOn) }
    return MixerElement(
      name: String(cString: snd_mixer_selem_get_name(element)),
      volumePercent: volume, isMuted: hasSwitch ? isOn == 0 : nil, captureVolumePercent: capture)
  }

  private static func percent(_ value: Int, _ low: Int, _ high: Int) -> Int {
    high > low ? ((value - low) * 100 + (high - low) / 2) / (high - low) : 0
  }

  private func find(_ name: String) throws(ALSAError) -> OpaquePointer {
    var next = snd_mixer_first_elem(handle)
    while let element = next {
      if String(cString: snd_mixer_selem_get_name(element)) == name { return element }
      next = snd_mixer_elem_next(element)
    }
    let names = elements.map(\.name)
    let near = Spelling.nearest(to: name, in: names, count: 2)
    let hint =
      near.isEmpty
      ? (names.isEmpty ? "The card has none." : "There are: \(names.joined(separator: ", ")).")
      : "Did you mean \(near.map { "'\($0)'" }.joined(separator: " or "))?"
    throw ALSAError(.notFound, card, "mixer element '\(name)' of \(card): no such element. \(hint)")
  }

  private func demand(_ has: Int32, of element: String, _ complaint: String) throws(ALSAError) {
    if has != 0 { return }
    throw ALSAError(.unsupported, card, "mixer element '\(element)' of \(card) \(complaint).")
  }

  private func check(_ code: Int32, _ what: String) throws(ALSAError) {
    if code < 0 { throw .failed(card, what, code) }
  }
}
