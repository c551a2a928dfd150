// SPDX-License-Identifier: Apache-2.0
import Time

/// A worker: a child process that we start and watch, or a service found by its address.
public struct WorkerSettings: Sendable, Equatable {
  /// What it speaks. Raw values are the configuration's words.
  public enum Kind: String, Sendable, CaseIterable {
    case wyoming, openai, anthropic, rentahal, exec, mtor

    /// It is found by an `http://` or `https://` address.
    public var isHTTP: Bool {
      switch self {
      case .openai, .anthropic, .rentahal, .mtor: true
      case .wyoming, .exec: false
      }
    }
  }

  public enum Place: Sendable, Equatable {
    /// Started by us. `{socket}` and `{directory}` in the arguments are replaced; an argument `{options}`
    /// becomes the wake phrases and the grammar, as `mtor-speech` takes them.
    case child(argv: [String])
    /// `tcp://host:port`, `unix:///path`; `http://…` or `https://…`, by its kind.
    case url(String)
  }

  /// What is asked of it. Raw values are the configuration's words.
  public enum Task: String, Sendable, CaseIterable { case chat, transcribe, speak, imagine }

  /// The worker that comes with `mtor`.
  public static let offlineSpeech = WorkerSettings(
    name: "speech", place: .child(argv: ["mtor-speech", "--uri", "unix://{socket}", "{options}"]))
  /// Requests at the same time at most.
  public static let slotsMax = 1024

  public var name: String
  public var kind = Kind.wyoming
  public var place: Place
  /// Child only: address space limit in bytes, CPU niceness.
  public var memoryMaxBytes: Int? = 1 << 30
  public var nice = 0
  public var restartBackoffMax: Duration = .seconds(30)
  public var voice: String?
  public var language = "en"
  /// What it serves of what is asked for by intents.
  public var realms: [String] = []
  /// nil: what the first of its realms is for.
  public var task: Task?
  /// For intents that name none.
  public var model: String?
  /// What a chat is told before each question.
  public var system: String?
  /// nil: what a probe reports, else one.
  public var slots: Int?
  /// Words in a text that make it the first to be asked.
  public var topics: [String] = []
  /// A file with the key, or the name of a systemd credential; never the key itself.
  public var keyFile: String?
  /// Certificates of authorities (PEM) in place of the system's.
  public var authorityFile: String?
  /// `sha256//BASE64`
  public var pinnedKey: String?
  public var proxy: String?
  public var connectTimeout: Duration = .seconds(1)
  /// A worker from which nothing was heard for so long is probed.
  public var probeInterval: Duration = .seconds(60)
  /// Added to each request as they are: numbers, on and off, and texts.
  public var options: [String: String] = [:]
  /// Kind exec: processes that are kept, and that there are at most.
  public var processesMin = 0
  public var processesMax = 1

  public init(name: String, kind: Kind = .wyoming, place: Place) {
    self.name = name
    self.kind = kind
    self.place = place
  }
}
