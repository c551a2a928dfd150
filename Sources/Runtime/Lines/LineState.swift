// SPDX-License-Identifier: Apache-2.0
import Automation

/// What is known about a line now.
public struct LineState: Sendable, Equatable {
  public var settings: LineSettings
  /// The logical level; nil while the line is not to be had.
  public var isOn: Bool?
  /// Debounced edges since start.
  public var edges: Int
  public var lostEdges: Int
  /// A blink, a pattern, a hold or a click gap goes on.
  public var isBusy: Bool
}
