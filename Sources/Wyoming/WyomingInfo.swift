// SPDX-License-Identifier: Apache-2.0
import JSON

/// What a service offers, by kind: the answer to `describe`.
public struct WyomingInfo: Sendable, Equatable {
  public enum Kind: String, Sendable, CaseIterable { case asr, tts, handle, intent, wake, mic, snd }

  /// Programs per kind; a kind without programs is not offered.
  public var programs: [Kind: [WyomingProgram]]
  /// Only of satellites.
  public var satellite: JSONObject?

  public init(_ programs: [Kind: [WyomingProgram]] = [:], satellite: JSONObject? = nil) {
    self.programs = programs
    self.satellite = satellite
  }

  public subscript(kind: Kind) -> [WyomingProgram] { programs[kind] ?? [] }

  /// The kinds for which there is an installed program.
  public var offered: [Kind] { Kind.allCases.filter { self[$0].contains(where: \.installed) } }

  /// Reads leniently: what is missing gets its default, what is not an object is skipped.
  init(_ fields: WyomingFields) throws(WyomingError) {
    programs = [:]
    for kind in Kind.allCases {
      let entries = (fields.data[kind.rawValue]?.arrayValue ?? []).compactMap(\.objectValue)
      if !entries.isEmpty { programs[kind] = entries.map { WyomingProgram($0, kind) } }
    }
    satellite = fields.data["satellite"]?.objectValue
  }

  /// Every field that version 1.5 of the Python library insists on is written, `null` or not.
  var data: JSONObject {
    var data = JSONObject()
    for kind in Kind.allCases {
      let isLater = kind == .mic || kind == .snd
      if isLater && self[kind].isEmpty { continue }
      data[kind.rawValue] = .array(self[kind].map { .object($0.data(kind)) })
    }
    if let satellite { data["satellite"] = .object(satellite) }
    return data
  }
}

/// A program of a service, with its models (voices, for text to speech).
public struct WyomingProgram: Sendable, Equatable {
  public var name: String
  public var description: String?
  public var version: String?
  public var attribution: WyomingAttribution
  public var installed: Bool
  public var models: [WyomingModel]
  /// Everything else, such as `supports_transcript_streaming`.
  public var options: JSONObject

  public init(
    name: String, description: String? = nil, version: String? = nil,
    attribution: WyomingAttribution = WyomingAttribution(), installed: Bool = true,
    models: [WyomingModel] = [], options: JSONObject = [:]
  ) {
    self.name = name
    self.description = description
    self.version = version
    self.attribution = attribution
    self.installed = installed
    self.models = models
    self.options = options
  }

  /// A capability that is off unless named.
  public func supports(_ option: String) -> Bool { options[option]?.boolValue ?? false }

  init(_ data: JSONObject, _ kind: WyomingInfo.Kind) {
    let common = CommonFields(data)
    name = common.name
    description = common.description
    version = common.version
    attribution = common.attribution
    installed = common.installed
    let key = Self.modelsKey(kind)
    models = (data[key]?.arrayValue ?? []).compactMap(\.objectValue).map(WyomingModel.init)
    options = common.rest(data, without: [key])
  }

  func data(_ kind: WyomingInfo.Kind) -> JSONObject {
    var data = CommonFields(
      name: name, description: description, version: version, attribution: attribution,
      installed: installed
    ).data
    if kind != .mic && kind != .snd {
      data[Self.modelsKey(kind)] = .array(models.map { .object($0.data) })
    }
    data.merge(options)
    return data
  }

  private static func modelsKey(_ kind: WyomingInfo.Kind) -> String {
    kind == .tts ? "voices" : "models"
  }
}

/// A model or voice of a program.
public struct WyomingModel: Sendable, Equatable {
  public var name: String
  public var description: String?
  public var version: String?
  public var attribution: WyomingAttribution
  public var installed: Bool
  public var languages: [String]
  /// Everything else, such as `phrase` of a wake word, `speakers` of a voice.
  public var options: JSONObject

  public init(
    name: String, description: String? = nil, version: String? = nil,
    attribution: WyomingAttribution = WyomingAttribution(), installed: Bool = true,
    languages: [String] = [], options: JSONObject = [:]
  ) {
    self.name = name
    self.description = description
    self.version = version
    self.attribution = attribution
    self.installed = installed
    self.languages = languages
    self.options = options
  }

  /// What is to be said to a wake word model.
  public var phrase: String? { options["phrase"]?.stringValue }

  init(_ data: JSONObject) {
    let common = CommonFields(data)
    name = common.name
    description = common.description
    version = common.version
    attribution = common.attribution
    installed = common.installed
    languages = (data["languages"]?.arrayValue ?? []).compactMap(\.stringValue)
    options = common.rest(data, without: ["languages"])
  }

  var data: JSONObject {
    var data = CommonFields(
      name: name, description: description, version: version, attribution: attribution,
      installed: installed
    ).data
    data["languages"] = .array(languages.map(JSONValue.string))
    data.merge(options)
    return data
  }
}

/// Who made it.
public struct WyomingAttribution: Sendable, Equatable {
  public var name: String
  public var url: String

  public init(name: String = "", url: String = "") {
    self.name = name
    self.url = url
  }
}

/// What programs and models have in common.
private struct CommonFields {
  var name: String
  var description: String?
  var version: String?
  var attribution: WyomingAttribution
  var installed: Bool

  static let keys = ["name", "attribution", "installed", "description", "version"]

  func rest(_ data: JSONObject, without keys: [String]) -> JSONObject {
    var rest = data
    for key in Self.keys + keys { rest[key] = nil }
    return rest
  }

  var data: JSONObject {
    [
      "name": .string(name),
      "attribution": ["name": .string(attribution.name), "url": .string(attribution.url)],
      "installed": .bool(installed), "description": .init(description), "version": .init(version),
    ]
  }
}

extension CommonFields {
  init(_ data: JSONObject) {
    name = data["name"]?.stringValue ?? ""
    description = data["description"]?.stringValue
    version = data["version"]?.stringValue
    installed = data["installed"]?.boolValue ?? true
    let attribution = data["attribution"]?.objectValue
    self.attribution = WyomingAttribution(
      name: attribution?["name"]?.stringValue ?? "", url: attribution?["url"]?.stringValue ?? "")
  }
}
