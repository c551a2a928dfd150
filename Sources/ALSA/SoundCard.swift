// SPDX-License-Identifier: Apache-2.0
internal import CALSA
import Glibc

/// A sound card with its PCMs and mixer, as `mtor devices` lists it.
public struct SoundCard: Sendable, Equatable, Encodable {
  /// Changes with the order of plugging; `id` does not.
  public let number: Int
  public let id: String
  public let name: String
  public let driver: String
  public let pcms: [Device]
  public let mixer: [MixerElement]

  /// One PCM device of a card.
  public struct Device: Sendable, Equatable, Encodable {
    public let number: Int
    public let name: String
    public let captureSubdevices: Int
    public let playbackSubdevices: Int
  }

  /// All cards, asked through their control devices: needs neither /proc nor an open PCM.
  /// May block for milliseconds: not on the loop.
  public static func list() -> [SoundCard] {
    calsa_silence()
    var cards: [SoundCard] = []
    var number: Int32 = -1
    while snd_card_next(&number) >= 0, number >= 0 {
      if let card = read(number) { cards.append(card) }
    }
    return cards
  }

  /// `card:ID,DEVICE` of every PCM in one direction: the names to use in a configuration.
  static func names(for direction: PCM.Direction) -> [String] {
    list().flatMap { card in
      card.pcms
        .filter { (direction == .capture ? $0.captureSubdevices : $0.playbackSubdevices) > 0 }
        .flatMap { $0.number == 0 ? ["card:\(card.id)", "hw:\(card.id)"] : ["card:\(card.id),\($0.number)"] }
    }
  }

  /// There are cards, and this process may use none of them.
  static var areForbidden: Bool {
    var isForbidden = false
    for number in 0..<32 {
      let fd = open("/dev/snd/controlC\(number)", O_RDWR | O_NONBLOCK | O_CLOEXEC)
      if fd >= 0 {
        close(fd)
        return false
      }
      if errno == EACCES || errno == EPERM { isForbidden = true }
    }
    return isForbidden
  }

  private static func read(_ number: Int32) -> SoundCard? {
    var control: OpaquePointer?
    guard snd_ctl_open(&control, "hw:\(number)", SND_CTL_NONBLOCK) >= 0, let control else { return nil }
    defer { snd_ctl_close(control) }
    var allocated: OpaquePointer?
    guard snd_ctl_card_info_malloc(&allocated) >= 0, let info = allocated else { return nil }
    defer { snd_ctl_card_info_free(info) }
    guard snd_ctl_card_info(control, info) >= 0 else { return nil }
    return SoundCard(
      number: Int(number),
      id: String(cString: snd_ctl_card_info_get_id(info)),
      name: String(cString: snd_ctl_card_info_get_name(info)),
      driver: String(cString: snd_ctl_card_info_get_driver(info)),
      pcms: devices(control),
      mixer: Mixer.elements(card: "hw:\(number)"))
  }

  private static func devices(_ control: OpaquePointer) -> [Device] {
    var found: [Device] = []
    var number: Int32 = -1
    while snd_ctl_pcm_next_device(control, &number) >= 0, number >= 0 {
      let capture = subdevices(control, number, SND_PCM_STREAM_CAPTURE)
      let playback = subdevices(control, number, SND_PCM_STREAM_PLAYBACK)
      found.append(
        Device(
          number: Int(number), name: capture.name ?? playback.name ?? "",
          captureSubdevices: capture.count, playbackSubdevices: playback.count))
    }
    return found
  }

  private static func subdevices(
    _ control: OpaquePointer, _ device: Int32, _ stream: snd_pcm_stream_t
  ) -> (count: Int, name: String?) {
    var allocated: OpaquePointer?
    guard snd_pcm_info_malloc(&allocated) >= 0, let info = allocated else { return (0, nil) }
    defer { snd_pcm_info_free(info) }
    snd_pcm_info_set_device(info, UInt32(device))
    snd_pcm_info_set_subdevice(info, 0)
    snd_pcm_info_set_stream(info, stream)
    guard snd_ctl_pcm_info(control, info) >= 0 else { return (0, nil) }
    return (Int(snd_pcm_info_get_subdevices_count(info)), String(cString: snd_pcm_info_get_name(info)))
  }
}
