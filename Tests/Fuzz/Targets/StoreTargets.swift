// SPDX-License-Identifier: Apache-2.0
import Crypto
import JSON
import Store

extension FuzzTarget {
  /// The head of a journal as it is kept in a file outside of it.
  static let head = FuzzTarget("head", inputMaxBytes: 1024) { input in
    let object = (try? JSONText.value([UInt8](input)))?.objectValue
    guard let head = object.flatMap(JournalHead.init(json:)) else { return }
    Promise.holds(JournalHead(json: head.json) == head, "\(head) reads back")
    guard let key = head.publicKey else { return }
    var unsigned = head
    unsigned.signature = nil
    Promise.holds(!unsigned.isSigned(by: key), "nobody has signed what has no signature")
    _ = head.isSigned(by: key)
  }

  /// Rows and heads as a look at a journal finds them, written by whoever could write the file.
  static let chain = FuzzTarget("chain", inputMaxBytes: 1024) { input in
    var source = ChainSource(input)
    var chain = ChainCheck()
    var rows = 0
    var isTouched = false
    while let step = source.next() {
      switch step {
      case .row(let link, let word):
        chain.check(link, word)
        rows += 1
        isTouched = isTouched || !link.isWhole
      case .head(let head): chain.check(head)
      }
    }
    let result = chain.finish(head: source.end, key: nil)
    Promise.holds(result.rows == rows, "every row is counted: \(result)")
    Promise.holds(result.faults.count <= Verification.faultsMax, "faults are bounded: \(result)")
    Promise.holds(result.heads <= source.heads, "heads belong to rows: \(result)")
    Promise.holds(!isTouched || !result.isGood, "a row that was changed is a fault: \(result)")
    if source.isPlain { Promise.holds(result.isGood, "an untouched chain is good: \(result)") }
    for fault in result.faults { _ = "\(fault)" }
  }
}

/// Makes a chain of any bytes. Numbers go up, as the table's key has them.
private struct ChainSource {
  enum Step {
    case row(ChainCheck.Link, ChainCheck.Word?)
    case head(JournalHead)
  }

  private var rest: Slice<UnsafeRawBufferPointer>
  private var seq: Int64?
  private var hash = Digest.zero
  private(set) var heads = 0
  /// Nothing was done to it so far.
  private(set) var isPlain = true
  /// The head that is kept outside.
  private(set) var end: JournalHead?

  init(_ input: UnsafeRawBufferPointer) { rest = input[...] }

  /// One byte says what comes and what is wrong with it.
  mutating func next() -> Step? {
    guard let kind = rest.popFirst() else { return nil }
    if kind & 0xc0 == 0xc0, let seq { return head(kind, seq) }
    guard let number = number(kind) else { return nil }
    let previous = kind & 4 == 0 ? hash : digest()
    isPlain = isPlain && kind & 0x3f == 0 && number == (seq ?? 0) + 1 && kind < 0x40
    let hash = Digest([UInt8](repeating: UInt8(truncatingIfNeeded: number) | 1, count: Digest.byteCount))
    self.hash = hash ?? .zero
    seq = number
    let link = ChainCheck.Link(seq: number, previous: previous, hash: self.hash, isWhole: kind & 8 == 0)
    return .row(link, word(kind))
  }

  /// Of the head: the same number as the row's, or another.
  private mutating func head(_ kind: UInt8, _ seq: Int64) -> Step {
    let isRight = kind & 0x2f == 0
    isPlain = isPlain && isRight
    var head = JournalHead(
      seq: kind & 1 == 0 ? seq : integer(), hash: kind & 2 == 0 ? hash : digest(),
      first: kind & 4 == 0 ? 1 : integer(), wall: 0)
    head.publicKey = kind & 8 == 0 ? nil : PublicKey(hex: Hex.text(digest().bytes))
    heads += 1
    end = kind & 16 == 0 ? end : head
    return .head(head)
  }

  private mutating func word(_ kind: UInt8) -> ChainCheck.Word? {
    switch kind >> 4 & 3 {
    case 1: .retention(through: integer(), hash: digest())
    case 2: .recovery(after: kind & 2 == 0 ? (seq ?? 0) : integer(), reason: "lost")
    default: nil
    }
  }

  /// The next row's; nil when there is none above the last one.
  private mutating func number(_ kind: UInt8) -> Int64? {
    let number: Int64
    switch kind & 3 {
    case 0: number = (seq ?? 0) &+ 1
    case 1: number = (seq ?? 0) &+ Int64(rest.popFirst() ?? 1)
    default: number = integer()
    }
    return seq.map { number > $0 ? number : nil } ?? number
  }

  private mutating func integer() -> Int64 {
    var value: UInt64 = 0
    for _ in 0..<8 { value = value << 8 | UInt64(rest.popFirst() ?? 0) }
    return Int64(bitPattern: value)
  }

  private mutating func digest() -> Digest {
    Digest([UInt8](repeating: rest.popFirst() ?? 0, count: Digest.byteCount)) ?? .zero
  }
}
