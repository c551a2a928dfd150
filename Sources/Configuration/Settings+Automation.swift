// SPDX-License-Identifier: Apache-2.0
import Automation
import Glibc
import Posix
import Time

/// A number that is read again and again.
public struct SensorSettings: Sendable, Equatable {
  public var name: String
  /// May hold `*`: the first file that fits is read.
  public var file = ""
  public var scale = 1.0
  public var offset = 0.0
  public var interval: Duration = .seconds(10)

  public init(name: String) { self.name = name }
}

/// Where messages of `notify` go.
public struct ChannelSettings: Sendable, Equatable {
  public enum Priority: String, Sendable, CaseIterable { case low, normal, high, urgent }

  public var name: String
  public var url = ""
  public var tokenFile: String?
  public var priority = Priority.normal
  public var expires: Duration? = .seconds(86_400)

  public init(name: String) { self.name = name }
}

/// Somebody outside who may start automations by HTTP.
public struct WebhookSettings: Sendable, Equatable {
  public var name: String
  public var tokenFile = ""

  public init(name: String) { self.name = name }
}

/// The server of webhooks.
public struct HTTPSettings: Sendable, Equatable {
  public var listen = Endpoint.tcp(host: "127.0.0.1", port: 8420)

  public init() {}
}

/// Where the machine is, for the sun.
public struct LocationSettings: Sendable, Equatable {
  public var latitude = 0.0
  public var longitude = 0.0

  public init() {}
}

extension Settings {
  /// Folder of the files that name the zones.
  static let zoneFolder = "/usr/share/zoneinfo"

  /// The zone of `time_zone`; without one that of `$TZ` or of the machine, else UTC. Reads a file.
  /// - Returns: nil when the zone that is named cannot be read.
  public var zone: TimeZone? {
    if let timeZone { return Self.zone(named: timeZone) }
    if let own = getenv("TZ").map({ String(cString: $0) }), !own.isEmpty {
      return Self.zone(named: own) ?? TimeZone(rule: own) ?? .utc
    }
    return Self.zone(file: "/etc/localtime") ?? .utc
  }

  /// As tzset(3) takes it: a name, or a path, perhaps after a colon.
  private static func zone(named name: String) -> TimeZone? {
    let name = name.hasPrefix(":") ? String(name.dropFirst()) : name
    return zone(file: name.hasPrefix("/") ? name : "\(zoneFolder)/\(name)")
  }

  private static func zone(file: String) -> TimeZone? {
    (try? TextFile.read(file, bytesMax: TimeZone.bytesMax)).flatMap { TimeZone($0) }
  }

  /// The sun of automations rises where the machine is.
  mutating func placeSun() {
    let sun = Sun(latitude: location.latitude, longitude: location.longitude)
    for rule in automations.indices {
      for watch in automations[rule].watches.indices {
        guard case .schedule(.sun(let event, let offset, _)) = automations[rule].watches[watch].source else {
          continue
        }
        automations[rule].watches[watch].source = .schedule(.sun(event, offset: offset, sun))
      }
    }
  }
}
