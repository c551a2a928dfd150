// SPDX-License-Identifier: Apache-2.0
import Configuration
public import HTTPClient
import HTTPTransport
import Intents
import Loop
import Time
import Workers

/// Finds out what a worker is, what it can do, and how it behaves when it is busy or given up.
@LoopActor public struct WorkerExamination {
  /// One call.
  public struct Call: Sendable, Equatable, Codable {
    /// `answered`, or what it did instead.
    public var result: String
    public var firstMS: Double?
    public var endMS: Double
    public var isAnswered: Bool
  }

  public struct Report: Sendable, Equatable, Codable {
    public var url: String
    public var kind: String
    public var task: String
    public var probe: ProbeReport
    public var probeMS: Double
    /// Alone: the first call may load a model, the second does not.
    public var alone: [Call] = []
    /// Two at the same time.
    public var together: [Call] = []
    /// A sign of life while it works.
    public var probeWhileBusy: ProbeReport?
    public var probeWhileBusyMS: Double?
    /// The next call after one that was given up in the middle.
    public var afterCancelled: Call?
    /// What follows from the figures, for people.
    public var findings: [String] = []
  }

  /// What speaks at an address, and what to ask it.
  public struct Identity: Sendable, Equatable {
    public var kind: WorkerSettings.Kind
    public var task: WorkerSettings.Task

    public init(kind: WorkerSettings.Kind, task: WorkerSettings.Task? = nil) {
      self.kind = kind
      self.task = task ?? (kind == .wyoming ? .speak : .chat)
    }
  }

  private let settings: WorkerSettings
  private let limit: Duration
  private let loop = LoopActor.shared.loop

  /// - Parameters:
  ///   - settings: with its kind and task, as `identify` has found them out.
  ///   - limit: for each call.
  public init(_ settings: WorkerSettings, limit: Duration) {
    self.settings = settings
    self.limit = limit
  }

  /// Asks for what each kind of server has; nil: nobody answers, or nothing that is known.
  /// - Throws: `HTTPError` when it is no address, or HTTP cannot be had.
  public static func identify(
    _ url: String, limit: Duration = .seconds(5)
  ) async throws(HTTPError) -> Identity? {
    if url.hasPrefix("tcp://") || url.hasPrefix("unix://") { return Identity(kind: .wyoming) }
    let url = url.contains("://") ? url : "http://\(url)"
    _ = try HTTPURL(url)
    if url.contains("api.anthropic.com") { return Identity(kind: .anthropic) }
    let base = url.hasSuffix("/") ? String(url.dropLast()) : url
    let origin = base.without("/v1")
    func isThere(_ method: String, _ url: String) async -> Bool {
      await status(of: method, url, limit).map { $0 != 404 } ?? false
    }
    if await isThere("GET", "\(origin)/v1/models") { return Identity(kind: .openai) }
    if await isThere("POST", "\(base.without("/predict"))/predict") { return Identity(kind: .rentahal) }
    // whisper.cpp: no models to tell of.
    if await isThere("POST", "\(origin)/v1/audio/transcriptions") {
      return Identity(kind: .openai, task: .transcribe)
    }
    return await status(of: "GET", "\(base)/health", limit).map { _ in Identity(kind: .openai) }
  }

  private static func status(of method: String, _ url: String, _ limit: Duration) async -> Int? {
    guard let address = try? HTTPURL(url) else { return nil }
    let body: [UInt8]? = method == "POST" ? Array("{}".utf8) : nil
    let fields = body.map { _ in [HTTPField("Content-Type", "application/json")] } ?? []
    let request = HTTPRequest(address, method: method, fields: fields, body: body)
    return try? await HTTPSession.shared.fetch(request, until: LoopActor.shared.loop.now + limit).head.status
  }

  /// Asks it a few times. Ends after at most six times `limit`.
  public func run() async -> Report {
    let worker = WorkerFactory().worker(settings)
    let began = loop.now
    let probe = await worker.probe(until: loop.now + limit)
    var report = Report(
      url: url, kind: settings.kind.rawValue, task: task.rawValue, probe: ProbeReport(settings.name, probe),
      probeMS: (loop.now - began).milliseconds)
    if case .dead = probe { return report }
    for _ in 0..<2 { report.alone.append(await call(worker)) }
    guard report.alone.contains(where: \.isAnswered) else { return report }
    await examineBusy(worker, &report)
    report.afterCancelled = await callAfterCancelled(worker)
    conclude(&report)
    return report
  }

  private func examineBusy(_ worker: any Worker, _ report: inout Report) async {
    let calls = (0..<2).map { _ in Pending(worker, request, loop) }
    let began = loop.now
    report.probeWhileBusy = ProbeReport(
      settings.name, await worker.probe(until: loop.now + min(limit, .seconds(5))))
    report.probeWhileBusyMS = (loop.now - began).milliseconds
    for call in calls { report.together.append(await call.end()) }
  }

  private func call(_ worker: any Worker) async -> Call { await Pending(worker, request, loop).end() }

  /// Gives a long one up after its first piece, or soon, and asks the next.
  private func callAfterCancelled(_ worker: any Worker) async -> Call {
    var long = request
    if task == .chat { long.intent.payload = .text("Count from one to two hundred, in words.") }
    let call = Pending(worker, long, loop)
    await call.firstPiece(until: loop.now + min(limit, .seconds(2)))
    call.cancel()
    return await self.call(worker)
  }

  // MARK: What follows

  private func conclude(_ report: inout Report) {
    guard let alone = report.alone.last, alone.isAnswered else { return }
    let usual = alone.endMS
    let refused = report.together.filter { !$0.isAnswered }
    if let first = refused.first {
      report.findings.append("a second request at the same time is refused (\(first.result)): slots 1")
    } else if Self.areInTurn(report.together, alone: alone) {
      report.findings.append("a second request waits inside it: slots 1, so that the queue is ours")
    } else {
      report.findings.append("two requests are served at the same time: slots 2 or more")
    }
    if report.probeWhileBusy?.result == "dead" {
      report.findings.append("it gives no sign of life while it works; that is not held against it")
    }
    if let next = report.afterCancelled {
      let isFree = next.isAnswered && next.endMS < 2 * usual + 200
      report.findings.append(
        isFree
          ? "a request that is given up is ended"
          : "a request that is given up goes on: the next one waited \(Int(next.endMS - usual)) ms longer")
    }
    if alone.firstMS == nil { report.findings.append("the answer comes in one piece, not streamed") }
  }

  /// Whether calls that were made at the same time were served one after the other. A streamed answer tells
  /// by its beginning, since no two are equally long: it waited until the other had ended. Of others the
  /// second took twice as long as the first; the calls alone are no measure, a server warms up.
  nonisolated static func areInTurn(_ calls: [Call], alone: Call) -> Bool {
    let begins = calls.compactMap(\.firstMS)
    let ends = calls.map(\.endMS)
    if begins.count == calls.count, let usual = alone.firstMS, let last = begins.max(), let end = ends.min() {
      return last >= end && last > 1.6 * usual
    }
    return (ends.max() ?? 0) > 1.5 * (ends.min() ?? 0)
  }

  private var url: String {
    switch settings.place {
    case .url(let url): url
    case .child(let argv): argv.joined(separator: " ")
    }
  }

  private var task: WorkerSettings.Task { settings.task ?? Identity(kind: settings.kind).task }

  private var request: WorkerRequest {
    let deadline = loop.now + limit
    let payload: Payload =
      switch task {
      case .chat: .text("Answer with the one word yes.")
      case .speak: .text("Hello.")
      case .imagine: .text("A red circle.")
      case .transcribe:
        .audio(Sound(rateHz: 16_000, channels: 1, samples: .init(repeating: 0, count: 16_000)).wav)
      }
    return WorkerRequest(
      Intent(id: "probe", realm: "$CHAT", payload: payload, deadline: deadline, origin: .user),
      deadline: deadline)
  }

  /// A call under way, and when what came.
  @LoopActor private final class Pending {
    private let began: Instant
    private var first: Duration?
    private var result: (Result<Payload, WorkerFailure>, Duration)?
    private var waiter: Waiter<Void>?
    private var call: (any WorkerCall)?
    private let loop: EventLoop

    init(_ worker: any Worker, _ request: WorkerRequest, _ loop: EventLoop) {
      began = loop.now
      self.loop = loop
      call = worker.call(request) { [self] event in
        let since = loop.now - began
        switch event {
        case .started: return
        case .piece: first = first ?? since
        case .ended(let ending): result = (ending, since)
        }
        waiter.take()?.resume(returning: ())
      }
    }

    func firstPiece(until deadline: Instant) async {
      while first == nil, result == nil {
        do { try await loop.wait(on: "the first piece", until: deadline) { waiter = $0 } } catch { return }
      }
    }

    func cancel() { call?.cancel() }

    func end() async -> Call {
      while result == nil {
        do { try await loop.wait(on: "the answer") { waiter = $0 } } catch { break }
      }
      guard let (ending, took) = result else {
        return Call(result: "cancelled", endMS: 0, isAnswered: false)
      }
      if case .failure(let failure) = ending {
        return Call(
          result: "\(failure.kind.rawValue): \(failure.text)", firstMS: first?.milliseconds,
          endMS: took.milliseconds, isAnswered: false)
      }
      return Call(
        result: "answered", firstMS: first?.milliseconds, endMS: took.milliseconds, isAnswered: true)
    }
  }
}

extension String {
  /// Without this ending, if it is there.
  fileprivate func without(_ ending: String) -> String {
    hasSuffix(ending) ? String(dropLast(ending.count)) : self
  }
}
