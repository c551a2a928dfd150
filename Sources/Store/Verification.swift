// SPDX-License-Identifier: Apache-2.0
import Crypto

/// What a look at a whole journal has found.
public struct Verification: Sendable, Equatable {
  /// Something that mtor itself never does to a journal.
  public enum Fault: Sendable, Equatable {
    /// A column of this row was changed.
    case edited(seq: Int64)
    /// This row is whole in itself, but not the one that its neighbours knew.
    case replaced(seq: Int64)
    /// Rows are not there.
    case missing(from: Int64, through: Int64)
    /// Rows that had been removed for good are there again.
    case reappeared(from: Int64, through: Int64)
    /// The rows fit together, but not to the head that was made of them: one of these was replaced
    /// together with all after it.
    case rewritten(from: Int64, through: Int64)
    /// The head of this row is not signed by the key.
    case unsigned(seq: Int64)

    /// The first row it is about.
    public var seq: Int64 {
      switch self {
      case .edited(let seq), .replaced(let seq), .unsigned(let seq): seq
      case .missing(let from, _), .reappeared(let from, _), .rewritten(let from, _): from
      }
    }
  }

  /// Rows that were lost by accident; a later row of the journal itself says so.
  public struct Loss: Sendable, Equatable {
    public let from: Int64
    public let through: Int64
    public let reason: String
  }

  /// Faults told at most, the first ones; there may be more.
  public static let faultsMax = 16

  public internal(set) var rows = 0
  public internal(set) var first: Int64?
  public internal(set) var last: Int64?
  public internal(set) var faults: [Fault] = []
  public internal(set) var losses: [Loss] = []
  /// Heads that fit to their rows.
  public internal(set) var heads = 0
  /// The last row that a signature covers, and whose.
  public internal(set) var signedThrough: Int64?
  public internal(set) var signer: PublicKey?

  public init() {}

  public var isGood: Bool { faults.isEmpty }
  /// The first row that is not as it was written.
  public var firstBad: Fault? { faults.min { $0.seq < $1.seq } }

  mutating func note(_ fault: Fault) {
    if faults.count < Self.faultsMax { faults.append(fault) }
  }
}

extension Verification.Fault: CustomStringConvertible {
  public var description: String {
    switch self {
    case .edited(let seq): "row \(seq) was changed"
    case .replaced(let seq): "row \(seq) was replaced by another"
    case .missing(let from, let through): "\(Self.rows(from, through)) missing"
    case .reappeared(let from, let through):
      "\(Self.rows(from, through)) there again after having been removed"
    case .rewritten(let from, let through):
      "the rows from one of \(from)…\(through) on were written anew: they do not fit to the signed head"
    case .unsigned(let seq): "the head of row \(seq) is not signed by this key"
    }
  }

  private static func rows(_ from: Int64, _ through: Int64) -> String {
    from == through ? "row \(from) is" : "rows \(from)…\(through) are"
  }
}
