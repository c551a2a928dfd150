// SPDX-License-Identifier: Apache-2.0

/// The members of a JSON object in the order in which they were written; each key once.
///
/// Two objects are equal when they have equal members in any order. Look-up is linear: objects on
/// our wires have a handful of members.
public struct JSONObject: Sendable {
  public typealias Member = (key: String, value: JSONValue)

  public private(set) var members: [Member] = []

  public init() {}

  /// Takes the members of a text; of a key that comes twice the later value wins, as in Python.
  init(parsed: [Member]) {
    if Self.areDistinct(parsed) {
      members = parsed
      return
    }
    var places: [String: Int] = [:]
    for member in parsed {
      if let place = places[member.key] {
        members[place].value = member.value
      } else {
        places[member.key] = members.count
        members.append(member)
      }
    }
  }

  /// Each key with each is less work than a set for the few that most objects have.
  private static func areDistinct(_ members: [Member]) -> Bool {
    if members.count > 8 { return Set(members.lazy.map(\.key)).count == members.count }
    for index in members.indices.dropFirst() {
      let key = members[index].key
      for other in 0..<index where members[other].key == key { return false }
    }
    return true
  }

  public var isEmpty: Bool { members.isEmpty }
  public var count: Int { members.count }

  /// Setting nil removes the member; a new key goes to the end.
  public subscript(key: String) -> JSONValue? {
    get { members.first { $0.key == key }?.value }
    set {
      let place = members.firstIndex { $0.key == key }
      switch (place, newValue) {
      case (let place?, let value?): members[place].value = value
      case (let place?, nil): members.remove(at: place)
      case (nil, let value?): members.append((key, value))
      case (nil, nil): break
      }
    }
  }

  /// Adds the members of `other`; its values win.
  public mutating func merge(_ other: JSONObject) {
    if isEmpty {
      members = other.members
    } else if !other.isEmpty {
      self = JSONObject(parsed: members + other.members)
    }
  }
}

extension JSONObject: Equatable {
  public static func == (lhs: JSONObject, rhs: JSONObject) -> Bool {
    lhs.count == rhs.count && lhs.members.allSatisfy { rhs[$0.key] == $0.value }
  }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    self.init(parsed: elements.map { (key: $0.0, value: $0.1) })
  }
}
