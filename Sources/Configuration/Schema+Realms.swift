// SPDX-License-Identifier: Apache-2.0
import YAML

extension Schema {
  static let realms = realms(from: [])

  /// - Parameter known: that are there already: what a text does not say of them stays.
  static func realms(from known: [RealmSettings]) -> ValueType<[RealmSettings]> {
    .named(
      "realm", .section(RealmSettings(""), realm), name: \.name, count: 32, problem: RealmName.problem,
      blank: { name in known.first { $0.name == name } ?? RealmSettings(name) })
  }

  private static let realm: [Field<RealmSettings>] = [
    Field("type", \.kind, .choice(), "What its workers are asked to do; known of $CHAT and its like."),
    Field("queue", \.queueMax, .count(0...10_000), "Requests that may wait; the next one is refused."),
    Field(
      "deadline", \.deadline, .duration(.milliseconds(100) ... .seconds(3600)),
      "For requests that bring none; 120s for type imagine, 15s for speech and speak."),
    Field("strategy", \.strategy, .choice(), "Which of several free workers is asked."),
    Field(
      "backups", \.backups, .list("list of realms", of: realmName, count: 0...8, orSingle: true),
      "Realms that serve when this one is overloaded or has no worker."),
    Field("pools", \.pools, pools, "Some of its workers by a name that is used like a model's."),
  ]

  private static let pools = ValueType<[RealmSettings.Pool]>.named(
    "pool", .section(RealmSettings.Pool(""), pool), name: \.name, count: 16, problem: RealmName.problem,
    blank: RealmSettings.Pool.init)

  private static let pool: [Field<RealmSettings.Pool>] = [
    Field(
      "members", \.members,
      .list("list of workers", of: .name("name of a worker"), count: 1...64, orSingle: true),
      isRequired: true, "Its workers."),
    Field("strategy", \.strategy, .choice(), "Which of several free members is asked."),
  ]

  static let realmName = ValueType<String>.scalar(
    "name of a realm",
    parse: { text in RealmName.problem(text).map { .failure(BadText(text: $0)) } ?? .success(text) },
    show: { $0 })

  static let routing: [Field<RoutingSettings>] = [
    Field("rules", \.rules, rules, "Words that decide for a realm, the first rule that matches."),
    Field(
      "classifier", \.classifier, .optional(realmName, none: "off"),
      "Realm whose worker is asked which of the choices a text is for."),
    Field(
      "choices", \.choices, .list("list of realms", of: realmName, count: 0...16),
      "Realms that the classifier may name."),
    Field(
      "budget", \.budget, .duration(.milliseconds(100) ... .seconds(30)),
      "For the classifier, and never more than a quarter of the request's time."),
    Field(
      "default", \.fallback, .optional(realmName, none: "off"),
      "Realm of everything else that is no command; off: it is refused."),
  ]

  private static let rules = ValueType<[RoutingSettings.Rule]>.named(
    "rule", .section(RoutingSettings.Rule(""), rule), name: \.name, count: 64,
    blank: RoutingSettings.Rule.init)

  private static let rule: [Field<RoutingSettings.Rule>] = [
    Field(
      "words", \.words,
      .list("list of words", of: .text("word", bytesMax: 64), count: 1...64, orSingle: true),
      isRequired: true, "One of them in the text is enough."),
    Field("realm", \.realm, realmName, isRequired: true, "Where the text goes."),
  ]
}

/// Names of realms and pools.
enum RealmName {
  static let lengthMax = 48

  static func problem(_ text: String) -> String? {
    let rest = text.dropFirst()
    let isFine =
      text.hasPrefix("$") && !rest.isEmpty && text.utf8.count <= lengthMax
      && rest.utf8.allSatisfy { (0x41...0x5A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F }
    if isFine { return nil }
    let letters = text.uppercased().map { $0 == " " || $0 == "-" ? "_" : $0 }
    let candidate = "$" + String(letters.drop { $0 == "$" })
    let hint = candidate != text && problem(candidate) == nil ? " Did you mean '\(candidate)'?" : ""
    return
      "\(quoted(text)) is not a realm's name: write $ and capital letters, digits or '_', "
      + "at most \(lengthMax).\(hint)"
  }
}
