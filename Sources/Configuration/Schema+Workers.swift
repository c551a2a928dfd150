// SPDX-License-Identifier: Apache-2.0
import YAML

extension Schema {
  static let workers = ValueType<[WorkerSettings]>.named(
    "worker", .section(.offlineSpeech, worker, alternatives: [Alternatives(keys: ["command", "url"])]),
    name: \.name, count: 64,
    blank: { WorkerSettings(name: $0, place: WorkerSettings.offlineSpeech.place) })

  /// Of a text that holds realms and workers alone.
  static func additions(to realms: [RealmSettings]) -> ValueType<Additions> {
    .section(
      Additions(),
      [
        Field("realms", \.realms, self.realms(from: realms), "Kinds of work, by name."),
        Field("workers", \.workers, workers, "Programs and services that do the heavy work, by name."),
      ])
  }

  private static let worker: [Field<WorkerSettings>] = workerPlace + workerWork + workerTrust + workerProcess

  private static let workerPlace: [Field<WorkerSettings>] = [
    Field("kind", \.kind, .choice(), "What it speaks: docs/workers.md."),
    Field(
      "command", \.command, .optional(.program),
      "A program that is started and watched. {socket} becomes the path where it must listen, {options} the wake phrases and the grammar."
    ),
    Field(
      "url", \.url, .optional(workerURL),
      "Where it is: tcp://host:port or unix:///path for Wyoming, else http://… or https://…"),
  ]

  private static let workerWork: [Field<WorkerSettings>] = [
    Field(
      "realms", \.realms, .list("list of realms", of: realmName, count: 0...16, orSingle: true),
      "Which requests it serves: $CHAT, $SPEAK, … (docs/realms.md)."),
    Field(
      "task", \.task, .optional(.choice(), none: "auto"),
      "What it is asked to do; auto: what its first realm is for."),
    Field(
      "model", \.model, .optional(.text("name of a model", bytesMax: 256)), "For requests that name none."),
    Field(
      "system", \.system, .optional(.text("text", bytesMax: 8192)),
      "What a chat is told before each question."),
    Field(
      "slots", \.slots, .optional(.count(1...WorkerSettings.slotsMax), none: "auto"),
      "Requests it is given at the same time; auto: what it says itself, else one."),
    Field(
      "topics", \.topics,
      .list("list of words", of: .text("word", bytesMax: 64), count: 0...64, orSingle: true),
      "Requests with one of these words are given to it first."),
    Field(
      "probe_interval", \.probeInterval, .duration(.seconds(1) ... .seconds(3600)),
      "When nothing was heard from it for so long it is asked for a sign of life."),
    Field(
      "options", \.options,
      .dictionary("option", .text("number, on, off or text", bytesMax: 1024), count: 32),
      "Added to each request: whatever else the service understands, such as temperature."),
  ]

  private static let workerTrust: [Field<WorkerSettings>] = [
    Field(
      "key_file", \.keyFile, .optional(credential), beside: ["url"],
      "File that holds the service's key, or the name of a systemd credential."),
    Field(
      "ca_file", \.authorityFile, .optional(.text("path")), beside: ["url"],
      "Certificates (PEM) that are believed in place of the system's."),
    Field(
      "pinned_key", \.pinnedKey, .optional(pinnedKey), beside: ["url"],
      "The server's public key must be this one: sha256//BASE64."),
    Field(
      "proxy", \.proxy, .optional(proxy), beside: ["url"],
      "http://host:port or socks5h://host:port; without it the connection is direct."),
    Field(
      "connect_timeout", \.connectTimeout, .duration(.milliseconds(50) ... .seconds(30)), beside: ["url"],
      "For the connection and its encryption."),
  ]

  private static let workerProcess: [Field<WorkerSettings>] = [
    Field(
      "memory_max", \.memoryMaxBytes, .optional(.size(memoryMax), none: "unlimited"),
      "Address space of the program."),
    Field("nice", \.nice, .count(-20...19), "CPU niceness of the program; above 0 yields to others."),
    Field(
      "restart_backoff_max", \.restartBackoffMax, .duration(.milliseconds(100) ... .seconds(3600)),
      "Longest pause before a fallen program is started again."),
    Field(
      "processes_min", \.processesMin, .count(0...64), beside: ["command"],
      "Kind exec: processes that are started beforehand and kept."),
    Field(
      "processes_max", \.processesMax, .count(1...64), beside: ["command"],
      "Kind exec: processes at the same time at most."),
    Field(
      "voice", \.voice, .optional(.text("name of a voice")), "Voice for replies, as the worker names it."),
    Field("language", \.language, .text("language code", bytesMax: 16), "Language that is heard and spoken."),
  ]

  /// What is right for which kind is a matter of `WorkerCheck`.
  private static let workerURL = ValueType<String>.scalar(
    "address",
    parse: { text in
      if text.contains("@") {
        return .failure(
          BadText(text: "an address with a user or password in it would end up in the log. Use key_file."))
      }
      let isFine = !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F }
      return isFine && text.utf8.count <= 1024
        ? .success(text) : .failure(BadText(text: "\(quoted(text)) is no address."))
    },
    show: { $0 })

  /// Whatever looks like a key itself is not told.
  private static let credential = ValueType<String>.scalar(
    "path, or name of a credential",
    parse: { text in
      let isName = text.utf8.allSatisfy { byte in
        (0x61...0x7A).contains(byte) || (0x41...0x5A).contains(byte) || (0x30...0x39).contains(byte)
          || byte == 0x2D || byte == 0x5F || byte == 0x2E
      }
      let isPath = text.hasPrefix("/") || text.hasPrefix("./")
      let isKey = text.hasPrefix("sk-") || text.hasPrefix("Bearer") || !isPath && text.utf8.count > 48
      if !text.isEmpty, text.utf8.count <= 1024, isPath || isName, !isKey { return .success(text) }
      return .failure(
        BadText(
          text: "neither a path (/etc/mtor/llm.key) nor the name of a credential. "
            + "A key itself goes into a file that only mtor may read."))
    },
    show: { $0 })

  private static let pinnedKey = ValueType<String>.scalar(
    "sha256//BASE64",
    parse: { text in
      let digest = text.dropFirst("sha256//".count)
      let isFine = text.hasPrefix("sha256//") && digest.utf8.count == 44 && digest.hasSuffix("=")
      return isFine
        ? .success(text)
        : .failure(BadText(text: "\(quoted(text)) is not sha256// and 44 characters of base64."))
    },
    show: { $0 })

  private static let proxy = ValueType<String>.scalar(
    "http://host:port or socks5h://host:port",
    parse: { text in
      let isFine = ["http://", "socks5h://"].contains {
        text.hasPrefix($0) && text.utf8.count > $0.utf8.count
      }
      return isFine && !text.contains("@")
        ? .success(text)
        : .failure(BadText(text: "write http://host:port or socks5h://host:port, without a password."))
    },
    show: { $0 })
}

extension WorkerSettings {
  fileprivate var command: [String]? {
    get { if case .child(let argv) = place { argv } else { nil } }
    set { if let newValue { place = .child(argv: newValue) } }
  }
  fileprivate var url: String? {
    get { if case .url(let url) = place { url } else { nil } }
    set { if let newValue { place = .url(newValue) } }
  }
}
