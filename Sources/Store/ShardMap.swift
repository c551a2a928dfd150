// SPDX-License-Identifier: Apache-2.0

/// Which file holds what is known of a user: by the beginning of his id, else the default shard.
public struct ShardMap: Sendable, Equatable {
  /// The shard of everybody else.
  public static let defaultShard = "default"

  private let rules: [(prefix: String, shard: String)]

  /// - Parameter prefixes: beginning of a user id → name of the shard.
  public init(_ prefixes: [String: String] = [:]) {
    // The longest fitting beginning counts.
    rules = prefixes.map { ($0.key, $0.value) }.sorted { $0.0.utf8.count > $1.0.utf8.count }
  }

  public func shard(of user: String) -> String {
    rules.first { user.utf8.starts(with: $0.prefix.utf8) }?.shard ?? Self.defaultShard
  }

  /// Every shard that the map names, the default one first.
  public var shards: [String] {
    [Self.defaultShard] + Set(rules.map(\.shard)).subtracting([Self.defaultShard]).sorted()
  }

  public static func == (a: ShardMap, b: ShardMap) -> Bool {
    a.rules.map(\.prefix) == b.rules.map(\.prefix) && a.rules.map(\.shard) == b.rules.map(\.shard)
  }
}
