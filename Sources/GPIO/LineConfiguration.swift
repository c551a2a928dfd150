// SPDX-License-Identifier: Apache-2.0
internal import CGPIOD

/// A line's pull resistor.
public enum LineBias: String, Sendable, CaseIterable {
  case asIs = "as is"
  case disabled
  case pullUp = "pull-up"
  case pullDown = "pull-down"
}

/// How a line is wanted.
public struct LineConfiguration: Sendable, Equatable {
  public enum Direction: Sendable, Equatable {
    /// Reports both edges, after `debounce` of the same level where `Library.debounces`.
    case input(debounce: Duration)
    /// Driven to `on` in the same step as it is requested.
    case output(on: Bool)
  }

  public var direction: Direction
  public var bias: LineBias
  /// Active means low voltage: a button to ground.
  public var isActiveLow: Bool

  public init(_ direction: Direction, bias: LineBias = .asIs, isActiveLow: Bool = false) {
    self.direction = direction
    self.bias = bias
    self.isActiveLow = isActiveLow
  }

  var raw: cg_line_config {
    var raw = cg_line_config()
    raw.bias = bias.raw
    raw.active_low = isActiveLow
    switch direction {
    case .input(let debounce):
      raw.direction = CG_INPUT
      raw.edges = true
      raw.debounce_us = UInt32(min(max(0, debounce / .microseconds(1)), 4e9))
    case .output(let on):
      raw.direction = CG_OUTPUT
      raw.value = on
    }
    return raw
  }
}

extension LineConfiguration: CustomStringConvertible {
  /// For error texts: `an output with pull-up`.
  public var description: String {
    let kind: String
    switch direction {
    case .input: kind = "an input with edges"
    case .output: kind = "an output"
    }
    return bias == .asIs ? kind : "\(kind) and bias \(bias.rawValue)"
  }
}

extension LineBias {
  var raw: cg_bias {
    switch self {
    case .asIs: CG_BIAS_AS_IS
    case .disabled: CG_BIAS_DISABLED
    case .pullUp: CG_BIAS_PULL_UP
    case .pullDown: CG_BIAS_PULL_DOWN
    }
  }

  init(_ raw: cg_bias) { self = Self.allCases.first { $0.raw == raw } ?? .asIs }
}
