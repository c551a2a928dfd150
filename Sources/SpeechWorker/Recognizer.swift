// SPDX-License-Identifier: Apache-2.0

/// Turns utterances of 16 kHz mono speech into text. One thread at a time.
public protocol Recognizer: AnyObject {
  /// An utterance begins; one that is open is dropped. - Throws: when the decoder refuses.
  func start() throws
  /// Any number of samples, borrowed for the call.
  func process(_ samples: UnsafeBufferPointer<Int16>) throws
  /// What was understood so far; nil while nothing is.
  var partial: String? { get }
  /// The utterance is over. Empty text: nothing was understood.
  func finish() throws -> Transcript
}

/// What was said, as far as it was understood.
public struct Transcript: Sendable, Equatable {
  /// Empty when nothing was said, or what was said is not in the grammar.
  public let text: String
  /// What the grammar came nearest to, when that was not near enough.
  public let rejected: String?
  /// (grammar score − free-phone score) per frame; nil when not computed.
  public let margin: Double?

  public init(text: String, rejected: String? = nil, margin: Double? = nil) {
    self.text = text
    self.rejected = rejected
    self.margin = margin
  }
}
