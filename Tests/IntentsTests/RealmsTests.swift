// SPDX-License-Identifier: Apache-2.0
import Intents
import Testing
import Time

/// What becomes of intents, in tables of events and actions.
@Suite struct RealmsTests {
  struct Course: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var realm = RealmProfile("$CHAT")
    var others: [RealmProfile] = []
    var workers: [WorkerProfile] = [.init("w1", realms: ["$CHAT"]), .init("w2", realms: ["$CHAT"])]
    var answersProbes = true
    var lines: [String]
    var told: [String]
  }

  private static let one = [WorkerProfile("w1", realms: ["$CHAT"])]

  private func run(_ course: Course) -> [String] {
    var script = Script(
      realms: [course.realm] + course.others, workers: course.workers, answersProbes: course.answersProbes)
    return script.play(course.lines)
  }

  static let endings = [
    Course(
      testDescription: "answered", lines: ["0 submit a", "500 answer a w1"],
      told: ["0 call a w1", "500 a completed by w1"]),
    Course(
      testDescription: "a second answer is nothing",
      lines: ["0 submit a", "500 answer a w1", "501 answer a w1", "502 fail a w1 broken"],
      told: ["0 call a w1", "500 a completed by w1"]),
    Course(
      testDescription: "no answer by the deadline", workers: one, lines: ["0 submit a", "9000 wait"],
      told: ["0 call a w1", "8000 cancel a w1", "8000 a expired: call of w1"]),
    Course(
      testDescription: "too late in the queue", workers: one,
      lines: ["0 submit a", "0 submit b deadline=100", "9000 answer a w1"],
      told: [
        "0 call a w1", "100 b expired: queue of $CHAT", "8000 cancel a w1", "8000 a expired: call of w1",
      ]),
    Course(
      testDescription: "late while it was at work", workers: one,
      lines: ["0 submit a", "10 start a w1", "20 submit b deadline=30", "9000 wait"],
      told: [
        "0 call a w1", "50 b expired: queue of $CHAT", "8000 cancel a w1", "8000 a expired: work of w1",
      ]),
    Course(
      testDescription: "a deadline that has passed", lines: ["5 submit a deadline=0"],
      told: ["5 a expired: submission"]),
    Course(
      testDescription: "cancelled while it is served", lines: ["0 submit a", "5 cancel a", "6 answer a w1"],
      told: ["0 call a w1", "5 cancel a w1", "5 a rejected: cancelled by its user"]),
    Course(
      testDescription: "cancelled while it waits", workers: one,
      lines: ["0 submit a", "1 submit b", "2 cancel b", "3 answer a w1"],
      told: ["0 call a w1", "2 b rejected: cancelled by its user", "3 a completed by w1"]),
    Course(
      testDescription: "a realm that does not exist", lines: ["0 submit a realm=$DANCE"],
      told: ["0 a rejected: no realm '$DANCE'"]),
    Course(
      testDescription: "a realm without workers", workers: [], lines: ["0 submit a"],
      told: ["0 a rejected: $CHAT: no worker serves it. Add one below 'workers'"]),
    Course(
      testDescription: "the same id twice", lines: ["0 submit a", "1 submit a", "2 answer a w1"],
      told: ["0 call a w1", "1 duplicate a", "2 a completed by w1"]),
    Course(
      testDescription: "pieces, then the whole",
      lines: ["0 submit a", "5 start a w1", "10 piece a w1", "20 piece a w1", "30 answer a w1"],
      told: ["0 call a w1", "10 stream a", "20 stream a", "30 a completed by w1"]),
  ]

  static let queues = [
    Course(
      testDescription: "the queue's limit", realm: RealmProfile("$CHAT", queueMax: 1), workers: one,
      lines: ["0 submit a", "0 submit b", "0 submit c", "1 answer a w1"],
      told: [
        "0 call a w1", "0 c rejected: $CHAT: 1 requests wait already, try again later",
        "1 a completed by w1", "1 call b w1",
      ]),
    Course(
      testDescription: "the earliest deadline first", workers: one,
      lines: [
        "0 submit a", "0 submit b deadline=3000", "0 submit c deadline=2000", "1 answer a w1",
        "2 answer c w1",
      ],
      told: ["0 call a w1", "1 a completed by w1", "1 call c w1", "2 c completed by w1", "2 call b w1"]),
    Course(
      testDescription: "a higher priority first", workers: one,
      lines: ["0 submit a", "0 submit b deadline=100", "0 submit c priority=high", "1 answer a w1"],
      told: ["0 call a w1", "1 a completed by w1", "1 call c w1"]),
    Course(
      testDescription: "users take turns", workers: one,
      lines: [
        "0 submit a user=u", "0 submit b user=u deadline=100", "0 submit c user=u deadline=200",
        "0 submit d user=v deadline=900", "1 answer a w1", "2 answer b w1",
      ],
      told: ["0 call a w1", "1 a completed by w1", "1 call b w1", "2 b completed by w1", "2 call d w1"]),
    Course(
      testDescription: "what could not begin in time is refused with the estimate", workers: one,
      lines: [
        "0 submit a", "1000 answer a w1", "1000 submit b", "1000 submit c", "1000 submit d deadline=900",
      ],
      told: [
        "0 call a w1", "1000 a completed by w1", "1000 call b w1",
        "1000 d rejected: $CHAT: it could begin in about 1000 ms, after its deadline",
      ]),
    Course(
      testDescription: "places of a worker", workers: [.init("w1", realms: ["$CHAT"], slots: 2)],
      lines: ["0 submit a", "0 submit b", "0 submit c", "1 answer b w1"],
      told: ["0 call a w1", "0 call b w1", "1 b completed by w1", "1 call c w1"]),
  ]

  static let failures = [
    Course(
      testDescription: "another worker is asked",
      lines: ["0 submit a", "5 fail a w1 unreachable", "9 answer a w2"],
      told: ["0 call a w1", "5 call a w2", "9 a completed by w2"]),
    Course(
      testDescription: "what may not be done twice is not",
      lines: ["0 submit a", "5 fail a w1 broken"], told: ["0 call a w1", "5 a failed: w1 broken"]),
    Course(
      testDescription: "what may be done twice is",
      lines: ["0 submit a idempotent", "5 fail a w1 broken", "6 fail a w2 malformed"],
      told: ["0 call a w1", "5 call a w2", "6 a failed: w1 broken, w2 malformed"]),
    Course(
      testDescription: "a wrong key there is not wrong elsewhere",
      lines: ["0 submit a", "5 fail a w1 misconfigured", "9 answer a w2"],
      told: ["0 call a w1", "5 call a w2", "9 a completed by w2"]),
    Course(
      testDescription: "a wrong request is wrong everywhere",
      lines: ["0 submit a idempotent", "5 fail a w1 refused"],
      told: ["0 call a w1", "5 a failed: w1 refused"]),
    Course(
      testDescription: "half of an answer is not followed by another's",
      lines: ["0 submit a idempotent", "5 piece a w1", "6 fail a w1 broken"],
      told: ["0 call a w1", "5 stream a", "6 a failed: w1 broken"]),
    Course(
      testDescription: "the other worker is busy: the second try waits for it",
      lines: ["0 submit a", "0 submit b", "1 fail a w1 unreachable", "2 submit c", "3 answer b w2"],
      told: ["0 call a w1", "0 call b w2", "2 call c w1", "3 b completed by w2", "3 call a w2"]),
    Course(
      testDescription: "a worker without room is asked again later", workers: one,
      lines: ["0 submit a", "5 fail a w1 busy retry=1000", "1006 answer a w1"],
      told: ["0 call a w1", "1005 call a w1", "1006 a completed by w1"]),
    Course(
      testDescription: "a worker without room for longer than there is time", workers: one,
      lines: ["0 submit a", "5 fail a w1 busy retry=30000"],
      told: ["0 call a w1", "5 a failed: w1 busy"]),
    Course(
      testDescription: "a mute worker has half of the time",
      lines: ["0 submit a idempotent", "4001 answer a w1", "5000 answer a w2"],
      told: ["0 call a w1", "4000 cancel a w1", "4000 call a w2", "5000 a completed by w2"]),
    Course(
      testDescription: "the only worker has all of it", workers: one,
      lines: ["0 submit a idempotent", "7999 answer a w1"], told: ["0 call a w1", "7999 a completed by w1"]),
    Course(
      testDescription: "three failures keep requests away",
      lines: [
        "0 submit a", "1 fail a w1 unreachable", "2 answer a w2", "10 submit b", "11 fail b w1 unreachable",
        "12 answer b w2", "20 submit c", "21 fail c w1 unreachable", "22 answer c w2", "30 submit d",
        "30 submit e", "31 answer d w2",
      ],
      told: [
        "0 call a w1", "1 call a w2", "2 a completed by w2", "10 call b w1", "11 call b w2",
        "12 b completed by w2", "20 call c w1", "21 call c w2", "22 c completed by w2", "30 call d w2",
        "31 d completed by w2", "31 call e w2",
      ]),
    Course(
      testDescription: "the last worker is tried whatever it did", workers: one,
      lines: [
        "0 submit a", "1 fail a w1 unreachable", "2 submit b", "3 fail b w1 unreachable", "4 submit c",
        "5 fail c w1 unreachable", "6 submit d", "6 submit e", "7 fail d w1 unreachable", "8 answer e w1",
      ],
      told: [
        "0 call a w1", "1 a failed: w1 unreachable", "2 call b w1", "3 b failed: w1 unreachable",
        "4 call c w1",
        "5 c failed: w1 unreachable", "6 call d w1", "7 d failed: w1 unreachable", "7 call e w1",
        "8 e completed by w1",
      ]),
  ]

  static let places = [
    Course(
      testDescription: "the model that was asked for",
      workers: [
        .init("w1", realms: ["$CHAT"], models: ["m"]), .init("w2", realms: ["$CHAT"], models: ["n"]),
      ],
      lines: ["0 submit a model=n", "0 submit b model=n", "0 submit c model=w1", "1 answer a w2"],
      told: ["0 call a w2", "0 call c w1", "1 a completed by w2", "1 call b w2"]),
    Course(
      testDescription: "a model that nobody knows", lines: ["0 submit a model=x"], told: ["0 call a w1"]),
    Course(
      testDescription: "a model that is learnt from a probe", answersProbes: false,
      lines: [
        "0 probe w2 ok models=x slots=2", "0 submit a model=x", "0 submit b model=x", "0 submit c model=x",
      ],
      told: ["0 probe w1", "0 probe w2", "0 call a w2", "0 call b w2"]),
    Course(
      testDescription: "the backup of an empty realm", realm: RealmProfile("$CHAT", backups: ["$SPARE"]),
      others: [RealmProfile("$SPARE")], workers: [.init("s", realms: ["$SPARE"])],
      lines: ["0 submit a", "1 answer a s"], told: ["0 call a s", "1 a completed by s"]),
    Course(
      testDescription: "the backup of a full realm",
      realm: RealmProfile("$CHAT", queueMax: 0, backups: ["$SPARE"]), others: [RealmProfile("$SPARE")],
      workers: [.init("w1", realms: ["$CHAT"]), .init("s", realms: ["$SPARE"])],
      lines: ["0 submit a", "0 submit b"], told: ["0 call a w1", "0 call b s"]),
    Course(
      testDescription: "the backup when every worker of the realm has failed",
      realm: RealmProfile("$CHAT", backups: ["$SPARE"]), others: [RealmProfile("$SPARE")],
      workers: [.init("w1", realms: ["$CHAT"]), .init("s", realms: ["$SPARE"])],
      lines: ["0 submit a", "1 fail a w1 unreachable", "2 fail a s unreachable"],
      told: ["0 call a w1", "1 call a s", "2 a failed: w1 unreachable, s unreachable"]),
    Course(
      testDescription: "a pool and its specialist",
      realm: RealmProfile(
        "$CHAT",
        pools: [
          PoolProfile(
            "$CODERS", members: ["w1", "w2"],
            topics: [Topic("swift", keywords: ["swift"], members: ["w2"])])
        ]),
      workers: [
        .init("w0", realms: ["$CHAT"]), .init("w1", realms: ["$CHAT"]), .init("w2", realms: ["$CHAT"]),
      ],
      lines: ["0 submit a model=$CODERS text=Swift", "0 submit b model=$CODERS text=swift", "0 submit c"],
      told: ["0 call a w2", "0 call b w1", "0 call c w0"]),
    Course(
      testDescription: "one worker of two realms serves them in turn", others: [RealmProfile("$VISION")],
      workers: [.init("w1", realms: ["$CHAT", "$VISION"])],
      lines: [
        "0 submit a", "0 submit b", "0 submit c realm=$VISION", "1 answer a w1", "2 answer c w1",
      ],
      told: ["0 call a w1", "1 a completed by w1", "1 call c w1", "2 c completed by w1", "2 call b w1"]),
  ]

  static let changes = [
    Course(
      testDescription: "a worker is added and takes what waits", workers: one,
      lines: ["0 submit a", "0 submit b", "5 worker w9"], told: ["0 call a w1", "5 call b w9"]),
    Course(
      testDescription: "a drained worker finishes",
      lines: ["0 submit a", "1 drain w1", "1 submit b", "1 submit c", "2 answer a w1", "3 answer b w2"],
      told: [
        "0 call a w1", "1 call b w2", "2 released w1", "2 a completed by w1", "3 b completed by w2",
        "3 call c w2",
      ]),
    Course(
      testDescription: "a worker is removed while it works",
      lines: ["0 submit a idempotent", "0 submit b", "1 remove w1", "2 answer b w2"],
      told: [
        "0 call a w1", "0 call b w2", "1 cancel a w1", "1 released w1", "2 b completed by w2", "2 call a w2",
      ]),
    Course(
      testDescription: "the last worker is removed", workers: one,
      lines: ["0 submit a", "0 submit b", "1 remove w1"],
      told: [
        "0 call a w1", "1 cancel a w1", "1 released w1", "1 a failed: w1 broken",
        "1 b rejected: $CHAT: no worker serves it. Add one below 'workers'",
      ]),
    Course(
      testDescription: "a realm is removed", workers: one,
      lines: ["0 submit a", "0 submit b", "1 unrealm $CHAT", "2 answer a w1", "3 submit c"],
      told: [
        "0 call a w1", "1 b rejected: its realm was removed", "2 a completed by w1",
        "3 c rejected: no realm '$CHAT'",
      ]),
    Course(
      testDescription: "changes of what is not there", lines: ["0 remove x", "0 drain x", "0 unrealm $X"],
      told: ["0 refused: no worker 'x'", "0 refused: no worker 'x'", "0 refused: no realm '$X'"]),
  ]

  static let probes = [
    Course(
      testDescription: "a worker that answers no probe is kept away from", answersProbes: false,
      lines: [
        "0 probe w1 dead", "0 probe w2 ok", "3000 probe w1 dead", "6000 probe w1 dead", "6001 submit a",
        "6001 submit b", "6002 answer a w2",
      ],
      told: ["probe w1", "probe w2", "probe w1", "probe w1", "call a w2", "a completed by w2", "call b w2"]),
    Course(
      testDescription: "an answered probe lets one request through, its answer the others",
      workers: [
        .init("w1", realms: ["$CHAT"], slots: 2)
      ], answersProbes: false,
      lines: [
        "0 probe w1 dead", "3000 probe w1 dead", "6000 probe w1 dead", "9000 probe w1 ok",
        "9001 submit a", "9001 submit b", "9002 answer a w1", "9003 submit c",
      ],
      told: [
        "probe w1", "probe w1", "probe w1", "probe w1", "call a w1", "a completed by w1", "call b w1",
        "call c w1",
      ]),
    Course(
      testDescription: "a worker that is busy with our own request is not called dead",
      workers: [.init("w1", realms: ["$CHAT"])], answersProbes: false,
      lines: ["0 submit a deadline=30000", "6000 wait", "8000 answer a w1", "8000 submit b"],
      told: ["probe w1", "call a w1", "a completed by w1", "call b w1"]),
    Course(
      testDescription: "a driver that forgets a probe", workers: [.init("w1", realms: ["$CHAT"])],
      answersProbes: false, lines: ["9000 wait"], told: ["probe w1", "probe w1"]),
  ]

  /// Instants are jittered.
  @Test(arguments: probes) func probesTellWhoIsAlive(_ course: Course) {
    #expect(run(course).map { String($0.drop { $0 != " " }.dropFirst()) } == course.told)
  }

  static let all: [Course] = [endings, queues, failures, places, changes].flatMap { $0 }

  @Test(arguments: all)
  func eventsBecomeActions(_ course: Course) {
    #expect(run(course) == course.told)
  }
}
