// SPDX-License-Identifier: Apache-2.0
import Loop
import Wyoming
import WyomingTransport

/// What a connection's audio goes to: a wake spotter or a recogniser, taken from its pool for as
/// long as the session lasts.
@LoopActor protocol ListeningSession: AnyObject {
  /// `audio-start`: a stream or an utterance begins.
  func begin()
  /// 16 kHz mono, borrowed.
  func hear(_ samples: UnsafeBufferPointer<Int16>)
  /// `audio-stop`.
  func end()
  /// Gives the engine back; nothing is sent any more.
  func close()
  /// More audio has come than is decoded: the peer shall wait.
  var isFull: Bool { get }
}

/// Buffers reused by the jobs of one session; touched only on its engine's queue.
final class QueueBuffer: @unchecked Sendable {
  // SAFETY: only work on one serial queue touches it.
  var samples: [Int16] = []
  var text = ""
}
