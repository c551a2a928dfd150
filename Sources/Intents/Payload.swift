// SPDX-License-Identifier: Apache-2.0

/// What is asked of a worker or comes back from one: text, media, or both (an image and a question).
public struct Payload: Sendable, Equatable {
  /// Sounds and images as files have them.
  public struct Media: Sendable, Equatable {
    /// A media type (RFC 6838): `audio/wav`, `image/jpeg`.
    public var type: String
    public var bytes: [UInt8]

    public init(type: String, bytes: [UInt8]) {
      self.type = type
      self.bytes = bytes
    }

    public var isAudio: Bool { type.hasPrefix("audio/") }
    public var isImage: Bool { type.hasPrefix("image/") }
  }

  public var text: String
  public var media: [Media]

  public init(text: String = "", media: [Media] = []) {
    self.text = text
    self.media = media
  }

  public static func text(_ text: String) -> Payload { Payload(text: text) }
  public static func audio(_ bytes: [UInt8], type: String = "audio/wav") -> Payload {
    Payload(media: [Media(type: type, bytes: bytes)])
  }
  public static func image(_ bytes: [UInt8], type: String = "image/jpeg", text: String = "") -> Payload {
    Payload(text: text, media: [Media(type: type, bytes: bytes)])
  }

  public var audio: Media? { media.first(where: \.isAudio) }
  public var image: Media? { media.first(where: \.isImage) }
}
