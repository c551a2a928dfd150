// SPDX-License-Identifier: Apache-2.0
internal import CALSA

/// A PCM as the configuration names it, and what libasound is asked for.
///
/// `card:ID`, `card:ID,DEVICE` and `card:ID,DEVICE,SUBDEVICE` name a card by its id, which stays
/// the same when cards are plugged in another order. Such a name means the hardware itself (`hw:`),
/// as rate, channels and format are converted here; only when the hardware offers nothing that can
/// be converted is it opened through libasound's own conversion (`plughw:`).
/// Any other name goes to libasound as it is.
struct PCMName: Equatable {
  let text: String
  /// Names to open, in order of preference; at least one.
  let candidates: [String]
  /// Card id or number, where the name says one.
  let card: String?
  let device: Int

  init(_ text: String) {
    self.text = text
    guard let (type, arguments) = Self.split(text) else {
      (candidates, card, device) = ([text], nil, 0)
      return
    }
    card = arguments.first
    device = arguments.count > 1 ? Int(arguments[1]) ?? 0 : 0
    guard type == "card" else {
      candidates = [text]
      return
    }
    let keys = ["CARD", "DEV", "SUBDEV"]
    let place = zip(keys, [arguments[0], "\(device)"] + arguments.dropFirst(2))
      .map { "\($0)=\($1)" }.joined(separator: ",")
    candidates = ["hw:\(place)", "plughw:\(place)"]
  }

  /// The control device that the PCM belongs to; behind another name, the one of the same name.
  var control: String { card.map { "hw:\($0)" } ?? text }

  var cardIndex: Int? {
    guard let card else { return nil }
    let index = snd_card_get_index(card)
    return index < 0 ? nil : Int(index)
  }

  /// `hw:CARD=x,DEV=1` and `hw:x,1` → ("hw", ["x", "1"]); nil when there is no card in the name.
  private static func split(_ text: String) -> (type: String, arguments: [String])? {
    let parts = text.split(separator: ":", maxSplits: 1)
    guard parts.count == 2,
      ["card", "hw", "plughw", "sysdefault", "front", "dsnoop", "dmix"].contains(parts[0])
    else { return nil }
    let arguments = parts[1].split(separator: ",").map { argument in
      String(argument.split(separator: "=", maxSplits: 1).last ?? argument)
    }
    return arguments.isEmpty ? nil : (String(parts[0]), arguments)
  }

  /// Names defined in libasound's configuration (`default`, `pulse`, the user's own).
  static var defined: [String] {
    var names: [String] = []
    var buffer = [CChar](repeating: 0, count: 128)
    while names.count < 256, calsa_pcm_name(Int32(names.count), &buffer, buffer.count) != 0 {
      names.append(String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }
    return names
  }
}
