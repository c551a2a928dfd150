// SPDX-License-Identifier: Apache-2.0
import Configuration

/// How a command ended, in the numbers of sysexits(3).
enum ExitCode: Int32, CaseIterable {
  case success = 0
  /// It ran, and the answer is no: a phrase was not understood, a check failed.
  case negative = 1
  case usage = 64
  case dataError = 65
  case noInput = 66
  case unavailable = 69
  case software = 70
  case cannotWrite = 73
  case temporary = 75
  case noPermission = 77
  case configuration = 78

  /// For the help and the man page.
  var meaning: String {
    switch self {
    case .success: "done"
    case .negative: "done, and the answer is no"
    case .usage: "wrong command line"
    case .dataError: "unusable input data"
    case .noInput: "an input file is missing or unreadable"
    case .unavailable: "a device, service or running mtor is not to be had"
    case .software: "a mistake in mtor itself"
    case .cannotWrite: "an output file cannot be written"
    case .temporary: "busy now; try again"
    case .noPermission: "not permitted"
    case .configuration: "mistakes in the configuration"
    }
  }
}

/// Why a command could not do its work: what, where, what to do.
struct CommandFailure: Error {
  var code: ExitCode
  var text: String
  /// The configuration's problems, when these are the reason.
  var problems: [ConfigurationProblem] = []

  init(_ code: ExitCode, _ text: String) {
    self.code = code
    self.text = text
  }

  init(_ problems: ConfigurationProblems) {
    code = problems.isUnreadable ? .noInput : .configuration
    text = problems.description
    self.problems = problems.problems
  }
}
