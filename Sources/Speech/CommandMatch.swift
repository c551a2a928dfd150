// SPDX-License-Identifier: Apache-2.0

/// A sentence that was understood.
public struct CommandMatch: Sendable, Equatable {
  public struct Slot: Sendable, Equatable {
    public var name: String
    /// As written in the list, or digits for the built-in slots.
    public var value: String

    public init(name: String, value: String) {
      self.name = name
      self.value = value
    }
  }

  public var command: String
  /// In the order spoken.
  public var slots: [Slot]

  public init(command: String, slots: [Slot] = []) {
    self.command = command
    self.slots = slots
  }

  public subscript(name: String) -> String? { slots.first { $0.name == name }?.value }
}
