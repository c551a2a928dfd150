// SPDX-License-Identifier: Apache-2.0
internal import CGPIOD

/// The libgpiod this program was built with.
public enum Library {
  /// For example `1.6.3`.
  public static var version: String { String(cString: cg_version()) }
  /// The kernel debounces; libgpiod 1 leaves that to us.
  public static var debounces: Bool { cg_has_debounce() }
  /// Edges carry numbers, so that lost ones are counted; libgpiod 1 shows a loss only by its level.
  public static var numbersEdges: Bool { cg_has_debounce() }

  /// What this version cannot do, for `mtor devices`; empty for libgpiod 2.
  public static var missing: [String] {
    debounces
      ? []
      : [
        "kernel debounce (done in software)",
        "edge numbers (lost edges are noticed by level only)",
        "event buffers above 16 edges",
      ]
  }
}
