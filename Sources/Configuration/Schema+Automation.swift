// SPDX-License-Identifier: Apache-2.0
import Automation
import Posix
import Speech

extension Schema {
  static let lists = ValueType<[String: [String]]>.dictionary(
    "list", .list("list of words", of: .text("words as they are spoken", bytesMax: 128), count: 1...2000),
    count: 64)

  static let commands = ValueType<[CommandDefinition]>.named(
    "command",
    ValueType<CommandDefinition>(
      summary: "a sentence, or a list of sentences",
      read: { node, path, current, reader in
        sentences.read(node, path, nil, &reader).map {
          CommandDefinition(name: current?.name ?? "", sentences: $0)
        }
      },
      tree: { command in
        command.sentences.count == 1 ? .text(command.sentences[0]) : sentences.tree(command.sentences)
      }),
    name: \.name, count: 500, blank: { CommandDefinition(name: $0, sentences: []) })

  private static let sentences = ValueType<[String]>.list(
    "list of sentences", of: .text("sentence, e.g. \"turn on [the] {light}\"", bytesMax: 512),
    count: 1...64, orSingle: true)

  static let automations = ValueType<[Rule]>.named(
    "automation", .section(Rule(name: "", watches: [], steps: []), automation), name: \.name,
    count: 1000, blank: { Rule(name: $0, watches: [], steps: []) })

  private static let automation: [Field<Rule>] = [
    Field("on", \.watches, WatchSchema.watches, isRequired: true, "What starts it: docs/automations.md."),
    Field("if", \.condition, .optional(.expression), "It starts only when this holds."),
    Field("do", \.steps, StepSchema.steps, isRequired: true, "Steps, one after the other."),
    Field("mode", \.mode, .choice(), "What a trigger does while it runs."),
    Field("max", \.max, .count(1...64), beside: ["mode"], "Runs at once, or waiting in the queue."),
    Field(
      "at_most", \.atMost, .optional(.count(1...10_000)),
      "So many starts within the time of 'within'; more are refused."),
    Field(
      "within", \.within, .optional(.duration(.seconds(1)...StepSchema.waitMax)), beside: ["at_most"],
      "Time for 'at_most'; else an hour."),
    Field(
      "missed", \.missed, .choice(),
      "Of its times that passed while mtor was not there: left out, each run, or one run for all."),
    Field(
      "on_failure", \.onFailure, .choice(),
      "After a step that failed: go on, or stop and wait for 'mtor tasks retry'."),
    Field(
      "durable", \.durable, .optional(.flag, none: "auto"),
      "Runs go on after a restart; auto: when they take time or have steps that must not be done twice."),
  ]

  static let sensors = ValueType<[SensorSettings]>.named(
    "sensor", .section(SensorSettings(name: ""), sensor), name: \.name, count: 64,
    blank: { SensorSettings(name: $0) })

  private static let sensor: [Field<SensorSettings>] = [
    Field(
      "file", \.file, .text("path", bytesMax: 512), isRequired: true,
      "A file of the kernel with a number: iio, hwmon, 1-wire. * stands for anything, as in a shell."),
    Field("scale", \.scale, .number(-1e9...1e9), "The number is multiplied with it: 0.001 for thousandths."),
    Field("offset", \.offset, .number(-1e9...1e9), "Added after that."),
    Field("every", \.interval, .duration(.milliseconds(100) ... .seconds(86_400)), "How often it is read."),
  ]

  static let channels = ValueType<[ChannelSettings]>.named(
    "channel", .section(ChannelSettings(name: ""), channel), name: \.name, count: 16,
    blank: { ChannelSettings(name: $0) })

  private static let channel: [Field<ChannelSettings>] = [
    Field(
      "url", \.url, .text("http://… or https://…", bytesMax: 2048), isRequired: true,
      "Where each message is posted as JSON, until it is taken with a status of 2xx."),
    Field(
      "token_file", \.tokenFile, .optional(.text("path", bytesMax: 512)),
      "Holds what goes into the header Authorization as a Bearer token."),
    Field("priority", \.priority, .choice(), "What is dropped first when the outbox is full."),
    Field(
      "expires", \.expires, .optional(.duration(.seconds(10) ... .seconds(720 * 3600)), none: "never"),
      "Not sent any more after that."),
  ]

  static let webhooks = ValueType<[WebhookSettings]>.named(
    "webhook", .section(WebhookSettings(name: ""), webhook), name: \.name, count: 32,
    blank: { WebhookSettings(name: $0) })

  private static let webhook: [Field<WebhookSettings>] = [
    Field(
      "token_file", \.tokenFile, .text("path", bytesMax: 512), isRequired: true,
      "Holds the token that a call has to bring, at least 16 bytes: Authorization: Bearer TOKEN.")
  ]

  static let http: [Field<HTTPSettings>] = [
    Field(
      "listen", \.listen, listen,
      "A numeric address and a port. Beyond this machine tokens go in clear: put a proxy with TLS before it.")
  ]

  private static let listen = ValueType<Endpoint>.scalar(
    "tcp://ADDRESS:PORT",
    parse: { text in
      guard let endpoint = try? Endpoint(text), case .tcp = endpoint, SocketAddress(endpoint) != nil else {
        return .failure(BadText(text: "\(quoted(text)) is not tcp://ADDRESS:PORT with a numeric address."))
      }
      return .success(endpoint)
    },
    show: \.description)

  static let location: [Field<LocationSettings>] = [
    Field("latitude", \.latitude, .number(-90...90), "Degrees, north is positive."),
    Field("longitude", \.longitude, .number(-180...180), "Degrees, east is positive."),
  ]
}

extension Rule {
  fileprivate var atMost: Int? {
    get { rate?.count }
    set { rate = newValue.map { Rate(count: $0, time: rate?.time ?? .seconds(3600)) } }
  }
  fileprivate var within: Duration? {
    get { rate?.time }
    set { if let newValue { rate = Rate(count: rate?.count ?? 1, time: newValue) } }
  }
}
