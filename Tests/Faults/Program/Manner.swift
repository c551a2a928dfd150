// SPDX-License-Identifier: Apache-2.0

/// One way in which a worker behaves: where it is, and what its server is told by the path.
struct Manner: Hashable {
  enum Place {
    /// The server that misbehaves as the path says.
    case here
    /// Accepts and never reads.
    case deaf
    /// Does not answer a SYN.
    case blackHole
    /// Nobody listens.
    case nobody
    /// Resets each connection.
    case resets
    /// TLS, to somebody who accepts and never answers, or answers something else.
    case deafToTLS
    case plainToTLS
    /// A server that is killed, stopped and started again.
    case victim
    /// A name whose resolver does not answer, and one that nobody has.
    case silentName
    case unknownName
    /// A name that changes its address.
    case movingName
    /// Behind a cable that is pulled out.
    case far
    /// A program that is started for it.
    case program
  }

  var place: Place
  var name: String
  /// Meets a fault whenever it is called; the others do only sometimes.
  var isFault = true
  /// A program that is kept and asked again, instead of one for each request.
  var isKept = false

  static let good = Manner(place: .here, name: "ok", isFault: false)
  static let steady = Manner(place: .here, name: "steady", isFault: false)

  /// As the server's methods are called.
  private static let manners = [
    "mute", "drip_head", "drip", "stall", "reset_body", "cut", "cut_plain", "garbage", "garbage_body", "page",
    "half_json", "endless", "endless_events", "endless_head", "e500", "e503", "e503_after", "e429_after",
    "e404",
    "e401", "away", "round", "close", "close_reset", "too_long", "bad_chunk", "error_event",
  ]

  static let anywhere: [Manner] =
    manners.map { Manner(place: .here, name: $0) } + [
      Manner(place: .here, name: "late", isFault: false), Manner(place: .here, name: "plain", isFault: false),
      Manner(place: .deaf, name: "accepts, never reads"), Manner(place: .blackHole, name: "SYN unanswered"),
      Manner(place: .nobody, name: "refused"), Manner(place: .resets, name: "reset at once"),
      Manner(place: .deafToTLS, name: "TLS unanswered"),
      Manner(place: .plainToTLS, name: "TLS to plain text"),
      Manner(place: .victim, name: "killed and stopped", isFault: false),
    ]
  /// Where the network is ours to break.
  static let network: [Manner] = [
    Manner(place: .silentName, name: "silent DNS"), Manner(place: .unknownName, name: "unknown name"),
    Manner(place: .movingName, name: "moving name", isFault: false),
    Manner(place: .far, name: "cable pulled out", isFault: false),
  ]

  /// As program.pl calls them.
  private static let programNames = [
    "mute", "deaf", "stubborn", "dies", "killed", "busy", "garbage", "half_json", "endless", "endless_line",
    "orphan", "closes", "hog", "missing",
  ]

  static let programs: [Manner] =
    [false, true].flatMap { isKept in
      programNames.map { Manner(place: .program, name: $0, isFault: $0 != "orphan", isKept: isKept) }
        + [Manner(place: .program, name: "ok", isFault: false, isKept: isKept)]
    } + [
      Manner(place: .program, name: "chatters", isKept: true),
      Manner(place: .program, name: "late", isFault: false, isKept: true),
      Manner(place: .program, name: "nameless", isFault: false),
      Manner(place: .program, name: "nameless", isKept: true),
    ]

  /// What its health endpoint does; the first most of the time.
  static let healths = ["ok", "ok", "ok", "ok", "slow", "blocked", "broken", "garbage"]
}
