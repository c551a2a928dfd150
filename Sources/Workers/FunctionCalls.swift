// SPDX-License-Identifier: Apache-2.0
import Intents
import JSON

/// A model's wish to have functions called, put together from the parts in which a stream brings it.
/// Source: OpenAI's API reference, chat completion chunk object, `tool_calls`.
struct FunctionCalls {
  /// Of one answer at most, and bytes of all their arguments.
  static let countMax = 64
  static let bytesMax = 256 << 10

  private struct Call {
    var id = ""
    var name = ""
    var arguments = ""
  }

  private var calls: [Call] = []
  private var bytes = 0

  /// Each part names its call by `index`; without one it is a call by itself. What a call is called comes
  /// once, its arguments piece by piece.
  mutating func add(_ parts: [JSONValue]) throws(DialectError) {
    for part in parts {
      let index = part["index"]?.integerValue.map(Int.init(clamping:)) ?? calls.count
      guard (0..<Self.countMax).contains(index), index <= calls.count else {
        throw DialectError(.malformed, "it calls function \(index) of an answer that has \(calls.count)")
      }
      if index == calls.count { calls.append(Call()) }
      let function = part["function"]
      let arguments = function?["arguments"]?.stringValue ?? ""
      if let id = part["id"]?.stringValue { calls[index].id = id }
      if let name = function?["name"]?.stringValue { calls[index].name = name }
      calls[index].arguments += arguments
      bytes += arguments.utf8.count
      if max(bytes, calls[index].id.utf8.count, calls[index].name.utf8.count) > Self.bytesMax {
        throw DialectError(.malformed, "its calls of functions have more than \(Self.bytesMax) bytes")
      }
    }
  }

  /// Empty without calls.
  var media: [Payload.Media] {
    if calls.isEmpty { return [] }
    let whole = calls.map { call -> JSONValue in
      let function: JSONValue = ["name": .string(call.name), "arguments": .string(call.arguments)]
      return ["id": .string(call.id), "type": "function", "function": function]
    }
    return [Self.media(.array(whole))]
  }

  static func media(_ calls: JSONValue) -> Payload.Media {
    Payload.Media(type: OpenAIDialect.toolCallsType, bytes: JSONText.bytes(calls))
  }
}
