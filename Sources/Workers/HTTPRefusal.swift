// SPDX-License-Identifier: Apache-2.0
import HTTPClient
import Intents
import JSON
import Spelling

/// An answer whose status is no success, and whose fault that is: the request's, or that of the worker's
/// configuration, which would be refused whatever it asked.
struct HTTPRefusal {
  /// Of what a server says, characters shown at most.
  private static let textMax = 300

  private let status: Int
  /// In the server's own words: one line, perhaps none.
  private let text: String
  /// Text, code and type of the error, for searching.
  private let words: String

  /// - Parameter body: the beginning is enough.
  init(_ status: Int, _ body: [UInt8]) {
    self.status = status
    let value = try? JSONText.value(body)
    let error = value?["error"]
    let said =
      error?["message"]?.stringValue ?? error?.stringValue ?? value?["detail"]?.stringValue
      ?? value?["message"]?.stringValue ?? String(decoding: body.prefix(200), as: UTF8.self)
    let line = said.split(whereSeparator: \.isNewline).first.map { String($0.prefix(Self.textMax)) } ?? ""
    text = line
    let names = [error?["code"], error?["type"]].compactMap { $0?.stringValue }
    words = ([line] + names).joined(separator: " ").lowercased()
  }

  /// - Parameter model: of the intent; nil: the worker's own was asked for.
  func error(askedFor model: String?) -> DialectError {
    let told = "status \(status)\(text.isEmpty ? "" : ": \(text)")"
    switch status {
    case 400..<500 where isAboutModel:
      if model != nil { return DialectError(.unsupported, "\(told). It does not have the model asked for") }
      return DialectError(
        .misconfigured, "\(told). Check its 'model': 'mtor workers probe' tells which it has")
    case 429, 503, 529: return DialectError(.busy, told)
    case 408, 504: return DialectError(.timeout, told)
    case 401, 403: return DialectError(.misconfigured, "\(told). Check its key")
    case 404, 405, 501:
      return DialectError(.misconfigured, "\(told). Check its 'url' and whether it does this kind of work")
    // The intent has come round.
    case 508: return DialectError(.unsupported, told)
    case 400..<500: return DialectError(.refused, told)
    default: return DialectError(.broken, told)
    }
  }

  /// Ollama, vLLM and OpenAI answer 404, LiteLLM 400; Anthropic has a type for all that it does not find.
  private var isAboutModel: Bool {
    words.contains("model")
      && ["not found", "not_found", "not exist", "invalid model", "unknown model", "no such model"]
        .contains { words.contains($0) }
  }
}
