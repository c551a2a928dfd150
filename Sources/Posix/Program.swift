// SPDX-License-Identifier: Apache-2.0

/// What to run as a child process, and how.
public struct Program: Sendable {
  /// The program, looked up in PATH unless it contains a slash, and its arguments. Not empty.
  public var arguments: [String]
  /// `NAME=value` lines of the child; nil gives it ours.
  public var environment: [String]?
  /// Where it runs; nil: where we run.
  public var directory: String?
  public var input: Stream
  public var output: Stream
  public var error: Stream
  /// Added to our own niceness; a negative one needs the privilege.
  public var niceness: Int32
  /// Computes in bursts: when something wakes it, it does not take the processor from that.
  public var isBatch: Bool
  /// Limit of the child's address space in bytes; nil: ours.
  public var addressSpaceMax: UInt64?
  /// Seconds of processor time after which the child is killed; nil: as for us.
  public var processorSecondsMax: UInt64?

  public init(
    _ arguments: [String], environment: [String]? = nil, directory: String? = nil,
    input: Stream = .null, output: Stream = .null, error: Stream = .inherited,
    niceness: Int32 = 0, isBatch: Bool = false, addressSpaceMax: UInt64? = nil
  ) {
    self.arguments = arguments
    self.environment = environment
    self.directory = directory
    self.input = input
    self.output = output
    self.error = error
    self.niceness = niceness
    self.isBatch = isBatch
    self.addressSpaceMax = addressSpaceMax
  }

  /// Where one of the child's standard streams leads.
  public enum Stream: Sendable {
    /// `/dev/null`.
    case null
    /// The stream of this process.
    case inherited
    /// A pipe; our end is non-blocking.
    case pipe
  }
}
