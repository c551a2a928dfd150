// SPDX-License-Identifier: Apache-2.0

/// Where a PocketSphinx model lies: the layout of Debian's `pocketsphinx-en-us`.
public struct SpeechModel: Sendable, Equatable {
  public static let debianFolder = "/usr/share/pocketsphinx/model/en-us"

  public let folder: String
  /// The folder's name, which is also the language: `en-us`.
  public let name: String

  public init(folder: String = debianFolder) {
    self.folder = folder
    name = folder.split(separator: "/").last.map(String.init) ?? "en-us"
  }

  /// A folder with `mdef`, `means`, `variances`, `sendump`, `transition_matrices`, `feat.params`.
  public var acousticModel: String { "\(folder)/\(name)" }
  /// Words and their phones, one a line.
  public var dictionary: String { "\(folder)/cmudict-\(name).dict" }
  /// What phones follow each other, for recognition without words.
  public var phoneModel: String { "\(folder)/\(name)-phone.lm.bin" }
  /// What words follow each other, for dictation. Large; read only when used.
  public var languageModel: String { "\(folder)/\(name).lm.bin" }
}
