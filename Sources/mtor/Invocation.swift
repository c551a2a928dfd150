// SPDX-License-Identifier: Apache-2.0

/// What a command was called with, already checked against its table.
struct Invocation: Sendable, Equatable {
  var arguments: [String] = []
  /// By the option's long name; switches have an empty value.
  var options: [String: String] = [:]

  func has(_ option: String) -> Bool { options[option] != nil }
  func value(_ option: String) -> String? { options[option] }

  /// `--json` was given.
  var wantsJSON: Bool { has("json") }
}
