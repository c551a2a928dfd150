// SPDX-License-Identifier: Apache-2.0

/// The profiles that need no file; a test keeps them equal to boards/sim.yml and boards/generic.yml.
enum BuiltInBoards {
  static let texts: [(name: String, text: String)] = [
    (
      "generic",
      """
      # Any Linux board: lines by name (or offset, with a single chip), sound as ALSA's default.
      description: any Linux board
      microphone: default
      speaker: default

      """
    ),
    (
      "sim",
      """
      # The simulator: every line exists, no chip is touched.
      description: simulated board
      microphone: default
      speaker: default

      """
    ),
  ]
}
