// SPDX-License-Identifier: Apache-2.0
import Configuration
import HTTPClient
import HTTPTransport
import JSON
import Log
import Loop
import Posix
import Store
import Time

/// Delivers what is owed to the channels of `notifications`: posts each message until it is taken with a
/// status of 2xx, the highest priority first. One at a time per channel; pauses grow from one second to
/// five minutes while a receiver does not answer, or as it wishes by `Retry-After`. A message that its
/// receiver will never take is set aside, in favour of those behind it.
@LoopActor final class OutboxSender {
  static let pauses = (first: Duration.seconds(1), longest: Duration.seconds(300))
  static let timeout: Duration = .seconds(10)
  /// Messages read from the outbox at a time.
  static let pageMax = 16
  /// What is said of this one message, and would be said of it again: malformed, too big, of a kind that is
  /// not taken. All others are about the channel or the moment: a token, an address, a limit of requests.
  static let refusals: Set<Int> = [400, 406, 410, 411, 413, 414, 415, 422, 431]

  /// Messages set aside since start.
  private(set) var refused = 0
  private let store: Store
  private let node: String
  private let loop = LoopActor.shared.loop
  private let log = Logger("notifications")
  private var channels: [String: ChannelSettings] = [:]
  private var senders: [String: Task<Void, any Error>] = [:]
  /// Taken by their receivers, which could not be stored yet, with the count of a gap: not sent again.
  private var taken: [Int64: Int] = [:]
  /// Something was added while a channel was being served.
  private var more: Set<String> = []
  private var isStopped = false

  init(_ store: Store, node: String) {
    self.store = store
    self.node = node
  }

  nonisolated static func outboxChannel(_ name: String) -> String { "notify/\(name)" }

  /// Other channels from now on. What is owed to one that is gone stays owed.
  func apply(_ settings: [ChannelSettings]) {
    channels = Dictionary(settings.map { ($0.name, $0) }) { first, _ in first }
    for channel in settings { serve(channel.name) }
  }

  /// Something is owed to a channel.
  func serve(_ name: String) {
    if isStopped || channels[name] == nil { return }
    if senders[name] != nil {
      more.insert(name)
      return
    }
    senders[name] = LoopActor.spawn("notifications to \(name)") { [self] in
      await deliver(to: name)
      senders[name] = nil
      if more.remove(name) != nil { serve(name) }
    }
  }

  func stop() {
    isStopped = true
    for sender in senders.values { sender.cancel() }
  }

  /// Until nothing is owed to the channel any more.
  private func deliver(to name: String) async {
    var backoff = Backoff(first: Self.pauses.first, longest: Self.pauses.longest)
    while let channel = channels[name], !isStopped {
      do {
        if try await sendPage(to: channel, &backoff) { return }
      } catch is CancellationError { return } catch {
        log.once("send.\(name)", level: .warning, every: .seconds(600), "\(name): \(error); tried again")
        let wanted = (error as? NotTaken)?.retryAfter ?? .zero
        let pause = max(backoff.next(using: &loop.random), min(wanted, Self.pauses.longest))
        do { try await loop.sleep(for: pause) } catch { return }
      }
    }
  }

  /// - Returns: nothing is owed.
  /// - Throws: `NotTaken`; what the store throws.
  private func sendPage(to channel: ChannelSettings, _ backoff: inout Backoff) async throws -> Bool {
    let items = try await store.owed(channel: Self.outboxChannel(channel.name), limit: Self.pageMax)
    for item in items {
      if let deadline = item.deadline, deadline < Stamp.now.wall {
        try await store.commit([.expire])
        return false
      }
      if taken[item.id] != item.dropped {
        switch await answer(to: item, channel) {
        case .taken: break
        case .refused(let status):
          try await setAside(item, channel, status)
          backoff.reset()
          continue
        case .failed(let failure):
          try await store.commit([.attempted(id: item.id)])
          throw failure
        }
        log.settle("send.\(channel.name)")
        backoff.reset()
        taken[item.id] = item.dropped
      }
      try await store.commit([.acknowledged(id: item.id, dropped: item.dropped)])
      taken[item.id] = nil
    }
    return items.isEmpty
  }

  /// Nobody waits for this message any more; the journal has it.
  private func setAside(_ item: OutboxItem, _ channel: ChannelSettings, _ status: Int) async throws {
    var body: JSONObject = [
      "channel": .string(item.channel), "id": .integer(item.id), "status": .integer(Int64(status)),
    ]
    if item.isGap { body["dropped"] = .integer(Int64(item.dropped)) }
    try await store.commit([
      .journal(JournalEntry("outbox.refused", body)), .acknowledged(id: item.id, dropped: item.dropped),
    ])
    refused += 1
    log.once(
      "refused.\(channel.name)", level: .warning, every: .seconds(600),
      "\(channel.name): message \(item.id) was refused with status \(status) and is not sent again")
  }

  private enum Answer {
    case taken
    /// For good, with this status.
    case refused(Int)
    /// It may be taken another time.
    case failed(NotTaken)
  }

  private struct NotTaken: Error, CustomStringConvertible {
    let description: String
    /// The receiver's wish.
    var retryAfter: Duration?
  }

  /// Posts one message.
  private func answer(to item: OutboxItem, _ channel: ChannelSettings) async -> Answer {
    await HTTPSession.load()
    do {
      let url = try HTTPURL(channel.url)
      var request = HTTPRequest(url, method: "POST", body: body(of: item))
      request.fields = [
        HTTPField("Content-Type", "application/json"), HTTPField("Idempotency-Key", "\(node)-\(item.id)"),
      ]
      if let file = channel.tokenFile, let token = try TokenFile.token(file) {
        request.fields.append(HTTPField("Authorization", "Bearer \(token)"))
      }
      request.responseMaxBytes = WebRequest.answerBytesMax
      let response = try await HTTPSession.shared.fetch(request, until: loop.now + Self.timeout)
      let status = response.head.status
      if (200..<300).contains(status) { return .taken }
      if Self.refusals.contains(status) { return .refused(status) }
      return .failed(
        NotTaken(description: "\(url): status \(status)", retryAfter: response.head.retryAfter))
    } catch { return .failed(NotTaken(description: "\(error)")) }
  }

  /// A gap says how many messages are missing.
  private func body(of item: OutboxItem) -> [UInt8] {
    var object = (try? JSONText.value(item.body))?.objectValue ?? [:]
    object["node"] = .string(node)
    object["id"] = .integer(item.id)
    if item.isGap { object["dropped"] = .integer(Int64(item.dropped)) }
    var bytes: [UInt8] = []
    JSONWriter(.compact).append(object, to: &bytes)
    return bytes
  }
}

extension ChannelSettings {
  /// What an item for it begins as; the deadline is a time from then on.
  var item: OutboxItem {
    let priority: OutboxItem.Priority =
      switch self.priority {
      case .low: .low
      case .normal: .normal
      case .high: .high
      case .urgent: .urgent
      }
    return OutboxItem(
      channel: OutboxSender.outboxChannel(name), priority: priority, deadline: expires?.nanoseconds, body: [])
  }
}
