// SPDX-License-Identifier: Apache-2.0
import Configuration
import Glibc
import JSON
import Loop
import Store
import TestSupport
import Testing
import Time

@testable import Runtime

/// Messages of automations to a real receiver that answers, refuses, cuts the connection and is away.
@Suite(.serialized) struct OutboxSenderTests {
  /// A daemon with a store, channels to a receiver, and a rule for each that sends what it is triggered with.
  private struct House {
    let receiver: Receiver
    let directory = TemporaryDirectory()
    var state: String { directory.file("state") }
    let channels: String

    init(
      status: String = "200",
      channels: String = """
      phone: {url: "URL/phone", token_file: "FOLDER/token"}
        siren: {url: "URL/siren"}
      """
    ) throws {
      self.channels = channels
      receiver = try Receiver(status: status)
      directory.write("token", "s3cret\n")
      mkdir(state, 0o700)
    }

    var text: String {
      """
      board: sim
      node: porch
      speaker: {device: "off"}
      store: {outbox_size: 64KiB}
      notifications:
        \(channels)
      automations:
        tell: {on: webhook.tell, mode: parallel, max: 64, do: {notify: phone, text: "{{ event.text }}"}}
        siren: {on: webhook.siren, mode: parallel, do: {notify: siren, text: "{{ event.text }}"}}
      """.replacing("URL", with: receiver.url).replacing("FOLDER", with: directory.path)
    }

    func start() async throws -> TestDaemon { try await onLoop { try TestDaemon(text, state: state) } }
  }

  private func tell(_ test: TestDaemon, _ text: String, _ rule: String = "tell") throws {
    _ = try TestDaemon.ask(test.directory, ControlRequest(.hook, text: #"{"text": "\#(text)"}"#, name: rule))
  }

  private func owed(_ test: TestDaemon, _ channel: String = "phone") async throws -> [OutboxItem] {
    try await onLoop { try await test.daemon.store?.owed(channel: "notify/\(channel)") ?? [] }
  }

  @Test func aMessageGoesOnceWithItsKeyAndTheChannelsToken() async throws {
    let house = try House()
    let test = try await house.start()
    try tell(test, "hello")
    #expect(try await comesTrue { try house.receiver.taken().count == 1 })
    #expect(try await comesTrue { try await owed(test).isEmpty })
    let message = try #require(try house.receiver.messages().first)
    #expect(message.path == "/phone" && message.key == "porch-1" && message.secret == "Bearer s3cret")
    #expect(message.body["text"] == "hello" && message.body["node"] == "porch" && message.body["id"] == 1)
    #expect(message.body["rule"] == "tell" && message.body["key"] == "1-0.0.0")
    #expect(message.body["time"]?.integerValue ?? 0 > 1_700_000_000)
    try await onLoop { await test.daemon.stop() }
    #expect(try house.receiver.messages().count == 1)
  }

  @Test(arguments: ["500", "404", "302", "401", "408", "429", "cut"])
  func whatIsNotTakenIsSentAgainWithTheSameKeyUntilItIs(_ status: String) async throws {
    let house = try House(status: status)
    let test = try await house.start()
    try tell(test, "a")
    try tell(test, "b")
    #expect(try await comesTrue { try house.receiver.messages().count >= 2 })
    #expect(try await owed(test).count == 2)
    #expect(try await comesTrue { try await owed(test).first?.attempts ?? 0 >= 1 })
    house.receiver.answer("204")
    #expect(try await comesTrue { try await owed(test).isEmpty })
    // In order, each once; nothing overtakes what waits.
    #expect(try house.receiver.taken().map { $0.body["text"]?.stringValue } == ["a", "b"])
    let first = try house.receiver.messages().filter { $0.body["text"] == "a" }
    #expect(first.count >= 2 && Set(first.map(\.key)) == ["porch-1"])
    try await onLoop { await test.daemon.stop() }
  }

  @Test func aReceiverThatNamesAPauseHasIt() async throws {
    let house = try House(status: "429/3 200")
    let test = try await house.start()
    try tell(test, "a")
    #expect(try await comesTrue { try house.receiver.messages().count == 2 })
    let messages = try house.receiver.messages()
    try #require(messages.map(\.status) == ["429", "200"])
    #expect(messages[1].milliseconds - messages[0].milliseconds >= 3000)
    try await onLoop { await test.daemon.stop() }
  }

  @Test(arguments: [400, 410, 413, 422])
  func whatIsRefusedForGoodIsSetAsideAndTheChannelGoesOn(_ status: Int) async throws {
    let house = try House(status: "503")
    let test = try await house.start()
    for text in ["a", "b", "c"] { try tell(test, text) }
    #expect(try await comesTrue { try await owed(test).first?.attempts ?? 0 >= 1 })
    // The receiver takes all but one, whichever comes first now.
    house.receiver.answer("\(status) 200")
    #expect(try await comesTrue { try await owed(test).isEmpty })
    #expect(try house.receiver.taken().map { $0.body["text"]?.stringValue } == ["b", "c"])
    let refused = try house.receiver.messages().filter { $0.status == "\(status)" }
    #expect(refused.map(\.key) == ["porch-1"])
    let report = try await onLoop { test.daemon.storeReport() }
    #expect(report?.messagesRefused == 1)
    try await onLoop { await test.daemon.stop() }
    #expect(
      try rows(house, "outbox.refused") == [
        ["channel": "notify/phone", "id": 1, "status": .integer(Int64(status))]
      ])
  }

  /// The receiver knows nothing of gaps: the journal keeps their count.
  @Test func aGapThatIsRefusedForGoodIsToldByTheJournal() async throws {
    let house = try House(status: "503", channels: "phone: {url: \"URL/phone\"}\n  siren: {url: URL}")
    let test = try await house.start()
    try tell(test, "kept")
    #expect(try await comesTrue { try await owed(test).first?.attempts ?? 0 >= 1 })
    let late = OutboxItem(channel: "notify/phone", deadline: Stamp.now.wall - 1, body: [])
    try await onLoop { _ = try await test.daemon.store?.commit([.owe(late), .owe(late), .expire]) }
    house.receiver.answer("422 200")
    #expect(try await comesTrue { try await owed(test).isEmpty })
    #expect(try house.receiver.taken().map { $0.body["text"]?.stringValue } == ["kept"])
    try await onLoop { await test.daemon.stop() }
    let told = try rows(house, "outbox.refused")
    #expect(told.count == 1 && told.first?["dropped"] == 2 && told.first?["status"] == 422)
  }

  private func rows(_ house: House, _ kind: String) throws -> [JSONObject] {
    var rows: [JSONObject] = []
    _ = try JournalReader.open(StorePaths(directory: house.state).main).visit(after: 0, kind: kind) {
      rows.append($0.members)
      return true
    }
    return rows
  }

  @Test func whatIsOwedIsSentByTheNextStart() async throws {
    let house = try House(status: "503")
    let first = try await house.start()
    try tell(first, "late")
    #expect(try await comesTrue { try await owed(first).first?.attempts ?? 0 >= 1 })
    try await onLoop { await first.daemon.stop() }
    house.receiver.answer("200")
    let second = try await house.start()
    #expect(try await comesTrue { try house.receiver.taken().map(\.key) == ["porch-1"] })
    #expect(try await comesTrue { try await owed(second).isEmpty })
    try await onLoop { await second.daemon.stop() }
  }

  @Test func whatComesTooLateIsNotSentAndTheReceiverIsTold() async throws {
    let house = try House(
      status: "503", channels: "phone: {url: \"URL/phone\", expires: 10s}\n  siren: {url: URL}")
    let test = try await house.start()
    // What was due an hour ago, beside what never is.
    var late = OutboxItem(channel: "notify/phone", body: Array(#"{"text": "late"}"#.utf8))
    try tell(test, "early")
    #expect(try await comesTrue { try await owed(test).first?.attempts ?? 0 >= 1 })
    late.created = Stamp.now.wall - 3_600_000_000_000
    late.deadline = Stamp.now.wall + 300_000_000
    try await onLoop { [late] in
      _ = try await test.daemon.store?.commit([.owe(late), .owe(late)])
    }
    try await onLoop { try await LoopActor.shared.loop.sleep(for: .milliseconds(350)) }
    house.receiver.answer("200")
    #expect(try await comesTrue { try await owed(test).isEmpty })
    let told = try house.receiver.taken().map(\.body)
    #expect(told.compactMap { $0["text"]?.stringValue } == ["early"])
    #expect(told.compactMap { $0["dropped"]?.integerValue } == [2])
    #expect(try house.receiver.messages().allSatisfy { $0.body["text"] != "late" })
    try await onLoop { await test.daemon.stop() }
  }

  @Test func theHighestPriorityGoesFirstAndWhatTheLowestLosesIsCounted() async throws {
    let channels = """
      phone: {url: "URL/phone", priority: low}
        siren: {url: "URL/siren", priority: urgent}
      """
    let house = try House(status: "503", channels: channels)
    let test = try await house.start()
    let text = String(repeating: "x", count: 4000)
    for number in 10..<40 { try tell(test, "\(number) \(text)") }
    for number in 50..<55 { try tell(test, "\(number) \(text)", "siren") }
    // Some of the low ones had to go, none of the others.
    #expect(try await comesTrue { try await owed(test, "siren").count == 5 })
    let kept = try await owed(test).filter { !$0.isGap }.count
    #expect(kept > 0 && kept < 30)
    house.receiver.answer("200")
    #expect(
      try await comesTrue {
        let (low, urgent) = (try await owed(test), try await owed(test, "siren"))
        return low.isEmpty && urgent.isEmpty
      })
    let taken = try house.receiver.taken()
    func numbers(_ path: String) -> [Int] {
      taken.filter { $0.path == path }.compactMap { message in
        message.body["text"]?.stringValue.flatMap { Int($0.prefix(2)) }
      }
    }
    #expect(numbers("/siren") == Array(50..<55))
    let low = numbers("/phone")
    #expect(low == low.sorted() && low.last == 39)
    let told = taken.filter { $0.path == "/phone" }.compactMap { $0.body["dropped"]?.integerValue }
    // Each message was taken, or counted in what its receiver was told: no one is missing silently.
    #expect(Int(told.reduce(0, +)) + low.count == 30, "\(told) told, \(low.count) taken")
    try await onLoop { await test.daemon.stop() }
  }

  @Test func aReceiverThatSaysNothingHoldsNobodyElseUp() async throws {
    let other = try Receiver(status: "mute")
    let channels = """
      phone: {url: "URL/phone"}
        siren: {url: "\(other.url)/siren"}
      """
    let house = try House(channels: channels)
    let test = try await house.start()
    try tell(test, "a", "siren")
    #expect(try await comesTrue { try other.messages().count == 1 })
    try tell(test, "b")
    #expect(try await comesTrue { try house.receiver.taken().count == 1 })
    #expect(try await owed(test, "siren").count == 1)
    try await onLoop { await test.daemon.stop() }
  }
}
