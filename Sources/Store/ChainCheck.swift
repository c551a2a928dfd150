// SPDX-License-Identifier: Apache-2.0
import Crypto
import JSON

/// Follows a chain row by row and finds the first that is not as it was written. Pure.
///
/// A row holds the hash of the row before it and its own, so a change shows in the row itself, or,
/// when its hash was made anew, in the next one. Whoever can write the file writes any number as `seq`, so
/// nothing here traps on one.
package struct ChainCheck {
  /// What the check needs of a row.
  package struct Link: Equatable {
    package var seq: Int64
    package var previous: Digest
    package var hash: Digest
    /// The hash is that of the columns.
    package var isWhole: Bool

    package init(seq: Int64, previous: Digest, hash: Digest, isWhole: Bool) {
      self.seq = seq
      self.previous = previous
      self.hash = hash
      self.isWhole = isWhole
    }
  }

  /// Kinds of rows that speak about the chain itself.
  package enum Word {
    /// All rows up to `through`, whose hash is given, were removed for good.
    case retention(through: Int64, hash: Digest)
    /// The rows between `after` and this one were lost.
    case recovery(after: Int64, reason: String)
  }

  package private(set) var result = Verification()
  private var first: Link?
  private var last: Link?
  private var isLastKnownBad = false
  /// Two whole rows that do not fit: the next row tells which is wrong.
  private var doubtful: (before: Link, after: Link)?
  private var retention: (seq: Int64, through: Int64, hash: Digest)?
  private var lastGoodHead: Int64 = 0
  private var lastHeadSeen: Int64 = 0

  package init() {}

  package mutating func check(_ link: Link, _ word: Word?) {
    result.rows += 1
    if first == nil { first = link }
    settleDoubt(next: link)
    let wasGood = follows(link, word)
    if !link.isWhole {
      result.note(.edited(seq: link.seq))
    } else if case .retention(let through, let hash) = word {
      retention = (link.seq, through, hash)
    }
    isLastKnownBad = !link.isWhole || !wasGood
    last = link
  }

  /// Whether the link to the row before is as it should be; the row itself may still be bad.
  private mutating func follows(_ link: Link, _ word: Word?) -> Bool {
    guard let last else { return begins(link, word) }
    if link.seq != last.seq &+ 1 { return isLossTold(link, word, after: last) || noteMissing(link, last) }
    if link.previous == last.hash || isLastKnownBad || !link.isWhole { return true }
    doubtful = (last, link)
    return true
  }

  /// The first row: what was before it is told by the last retention row, see `finish`.
  private mutating func begins(_ link: Link, _ word: Word?) -> Bool {
    if case .recovery(0, let reason) = word, link.isWhole, link.seq > 1 {
      result.losses.append(Verification.Loss(from: 1, through: link.seq - 1, reason: reason))
    } else if link.seq == 1, link.isWhole, link.previous != .zero {
      result.note(.replaced(seq: 1))
    }
    return true
  }

  private mutating func isLossTold(_ link: Link, _ word: Word?, after last: Link) -> Bool {
    guard case .recovery(last.seq, let reason) = word, link.isWhole, link.previous == last.hash
    else { return false }
    result.losses.append(
      Verification.Loss(from: last.seq &+ 1, through: link.seq &- 1, reason: reason))
    return true
  }

  private mutating func noteMissing(_ link: Link, _ last: Link) -> Bool {
    result.note(.missing(from: last.seq &+ 1, through: link.seq &- 1))
    return true
  }

  /// Of two rows that do not fit, the one that also does not fit to the next is the wrong one.
  private mutating func settleDoubt(next: Link?, head: JournalHead? = nil) {
    guard let (before, after) = doubtful.take() else { return }
    let isAfterGood =
      next.map { $0.previous == after.hash } ?? head.map { $0.seq == after.seq && $0.hash == after.hash }
      ?? false
    result.note(.replaced(seq: isAfterGood ? before.seq : after.seq))
  }

  /// A head of the row that was checked last.
  package mutating func check(_ head: JournalHead) {
    guard let last, head.seq == last.seq else { return }
    lastHeadSeen = head.seq
    if head.hash == last.hash {
      result.heads += 1
      lastGoodHead = head.seq
    } else if !result.faults.contains(where: { $0.seq > lastGoodHead }), doubtful == nil {
      result.note(.rewritten(from: lastGoodHead &+ 1, through: head.seq))
    }
  }

  /// - Parameters:
  ///   - head: the latest head there is, of the anchor or of the journal.
  ///   - key: who must have signed it; nil: whoever the head itself names.
  package mutating func finish(head: JournalHead?, key: PublicKey?) -> Verification {
    settleDoubt(next: nil, head: head)
    result.first = first?.seq
    result.last = last?.seq
    let end = last?.seq ?? 0
    if let head, head.seq > end {
      result.note(.missing(from: last == nil ? head.first : end &+ 1, through: head.seq))
    }
    checkBeginning(head)
    if let head { checkSignature(of: head, key) }
    return result
  }

  /// Which row comes first is told by the latest head, else by the latest retention row.
  private mutating func checkBeginning(_ head: JournalHead?) {
    guard let first else { return }
    if let loss = result.losses.first, loss.from == 1, loss.through == first.seq &- 1 { return }
    guard let expected = expectedFirst(head) else { return }
    if first.seq > expected {
      result.note(.missing(from: expected, through: first.seq &- 1))
    } else if first.seq < expected {
      result.note(.reappeared(from: first.seq, through: expected &- 1))
    } else if let retention, retention.through == first.seq &- 1, first.isWhole,
      first.previous != retention.hash
    {
      result.note(.replaced(seq: first.seq))
    }
  }

  /// Nil when a fault makes it doubtful.
  private func expectedFirst(_ head: JournalHead?) -> Int64? {
    if let head, head.seq >= retention?.seq ?? 0 { return head.first }
    if let retention { return retention.through &+ 1 }
    return result.isGood ? 1 : nil
  }

  private mutating func checkSignature(of head: JournalHead, _ key: PublicKey?) {
    guard let key = key ?? head.publicKey else { return }
    if head.isSigned(by: key) {
      result.signedThrough = head.seq
      result.signer = key
    } else {
      result.note(.unsigned(seq: head.seq))
    }
  }
}

extension ChainCheck.Word {
  static let retentionKind = "store.retention"
  static let recoveryKind = "store.recovery"

  /// Nil for all other kinds of rows.
  package init?(kind: String, body: JSONObject) {
    switch kind {
    case Self.retentionKind:
      guard let through = body["through"]?.integerValue,
        let hash = body["hash"]?.stringValue.flatMap(Digest.init(hex:))
      else { return nil }
      self = .retention(through: through, hash: hash)
    case Self.recoveryKind:
      guard let after = body["after"]?.integerValue else { return nil }
      self = .recovery(after: after, reason: body["reason"]?.stringValue ?? "")
    default: return nil
    }
  }
}
