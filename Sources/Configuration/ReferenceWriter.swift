// SPDX-License-Identifier: Apache-2.0

/// docs/configuration.md, from the same table that reads the file.
enum ReferenceWriter {
  static func text() -> String {
    let keys = Schema.root.keys
    let simple = keys.filter(\.keys.isEmpty)
    let sections = keys.filter { !$0.keys.isEmpty }
    return
      ([introduction, table(simple)] + sections.map(section) + [sentences, triggers, steps, boards])
      .joined(separator: "\n\n") + "\n"
  }

  private static let introduction = """
    # Configuration

    <!-- Written by `mtor generate configuration`; change Sources/Configuration/Schema*.swift instead. -->

    One YAML file, `/etc/mtor/mtor.yml` unless another is named. `mtor check FILE` tells every mistake with its
    line; `mtor config --default` prints a commented sample that runs as it is; `mtor config --show FILE` prints
    what is in force, defaults included. `kill -HUP` makes a running `mtor` read it again; a file with mistakes
    changes nothing.

    Amounts carry their unit: `20ms`, `8s`, `5min` · `256MiB` · `16kHz` · `70%` · `-15dB`. Unknown keys are
    refused. Anchors, aliases and tags of YAML are not used. A text that begins with `{`, `[` or a quote, or
    holds `: ` or ` #`, needs quotes. Names are small letters, digits and `_`.

    ## Top level
    """

  private static func section(_ key: KeyDocumentation) -> String {
    "## \(key.key)\n\n\(key.meaning)" + (key.summary == "keys" ? "" : " Written as \(key.summary).")
      + "\n\n" + table(key.keys)
  }

  private static func table(_ keys: [KeyDocumentation]) -> String {
    let rows = keys.map { key in
      let initial = key.isRequired ? "required" : key.defaultText.map { $0 == "\"\"" ? "" : "`\($0)`" } ?? ""
      let beside =
        key.beside.isEmpty ? "" : " Only with \(key.beside.map { "`\($0)`" }.joined(separator: " or "))."
      return "| `\(key.key)` | \(escaped(key.summary)) | \(initial) | \(escaped(key.meaning))\(beside) |"
    }
    return (["| key | value | default | meaning |", "|---|---|---|---|"] + rows).joined(separator: "\n")
  }

  private static let sentences = """
    ## Sentences of commands

    | written | means |
    |---|---|
    | `(on\\|off)` | one of them; not captured |
    | `[the]` | may be left out |
    | `light[s]` | `light` or `lights` |
    | `{light}` | a value of the list `light`, captured as `light` |
    | `{room:place}` | a value of the list `place`, captured as `room` |
    | `{state:on\\|off}` | a list written in place |
    | `{hour:1..12}` | a number of a range |
    | `{number}`, `{percent}`, `{duration}`, `{time}`, `{ordinal}` | built in; captured in digits |

    Upper case and punctuation make no difference. Where two sentences fit, the one with more words of its
    own wins, then the earlier one.
    """

  private static var triggers: String {
    """
    ## Triggers of automations

    `on` is the text of a trigger, a map, or a list of these. What each means: [automations](automations.md).

    \(table(WatchSchema.documentation))
    """
  }

  private static var steps: String {
    let rows = StepSchema.documentation.flatMap { kind, keys in
      keys.enumerated().map { index, key in
        let initial = key.isRequired ? "required" : "`\(key.defaultText ?? "")`"
        let name = index == 0 ? "**`\(key.key)`**" : "`\(key.key)`"
        return "| \(name) | \(escaped(key.summary)) | \(initial) | \(escaped(key.meaning)) |"
      }
    }
    return """
      ## Steps of automations

      Each step is a map; the key in bold tells which step it is. Texts may hold the slots of the command
      that started the automation: `Turned on the {light}`; `{time}` and `{date}` are always there; and
      [expressions](automations.md#expressions) in double braces. A line may be one slot: with `{light}` =
      `kitchen light` the line is `kitchen_light`.

      | key | value | default | meaning |
      |---|---|---|---|
      \(rows.joined(separator: "\n"))
      """
  }

  private static var boards: String {
    """
    ## Board profiles

    `boards/<board>.yml` tells what a board is like; the configuration goes over it. Profiles are looked for in
    `$MTOR_BOARD_DIR`, else with the program (`../share/mtor/boards`, or `boards` of its source tree), then in
    `/usr/share/mtor/boards`; `sim` and `generic` are built in.

    \(table(Schema.board.keys))
    """
  }

  private static func escaped(_ text: String) -> String {
    text.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
  }
}
