// SPDX-License-Identifier: Apache-2.0
import Crypto
import HTTPServer
import JSON

/// Who may call which webhook, and with what: `POST /webhooks/NAME` with the webhook's token and, if there is
/// something to tell, a JSON object. A pure function of requests.
public struct WebhookGate: Sendable {
  /// Shorter tokens can be guessed.
  public static let tokenBytesMin = 16
  public static let path = "/webhooks/"

  public enum Verdict: Sendable, Equatable {
    case call(String, JSONObject)
    case refuse(status: Int, String)
  }

  /// Hashes of the tokens, by webhook: compared whole, whatever the length of what is given.
  private var tokens: [String: Digest] = [:]

  public init() {}

  /// - Returns: false for a token that is too short.
  public mutating func set(_ name: String, token: String) -> Bool {
    guard token.utf8.count >= Self.tokenBytesMin else { return false }
    tokens[name] = Self.hash(token)
    return true
  }

  public func judge(_ request: HTTPServer.Request) -> Verdict {
    guard request.path.hasPrefix(Self.path) else { return .refuse(status: 404, "there is nothing here") }
    if request.method != "POST" { return .refuse(status: 405, "a webhook is called with POST") }
    let name = String(request.path.dropFirst(Self.path.count))
    // Who knows no token does not learn which webhooks there are.
    guard let token = Self.token(request.authorization), let wanted = tokens[name] ?? tokens.values.first,
      Self.hash(token).isSame(as: wanted), tokens[name] != nil
    else { return .refuse(status: 401, "Authorization: Bearer with the token of this webhook is wanted") }
    if request.body.isEmpty { return .call(name, [:]) }
    do throws(JSONError) {
      guard let data = try JSONText.value(request.body).objectValue else {
        return .refuse(status: 400, "what is told must be a JSON object")
      }
      return .call(name, data)
    } catch { return .refuse(status: 400, "no JSON: \(error)") }
  }

  private static func token(_ authorization: String?) -> String? {
    guard let authorization else { return nil }
    let words = authorization.split(separator: " ", maxSplits: 1).map(String.init)
    return words.count == 2 && words[0].lowercased() == "bearer" ? words[1] : nil
  }

  private static func hash(_ token: String) -> Digest { SHA256.hash(token.utf8) }
}
