// SPDX-License-Identifier: Apache-2.0
import JSON
import Runtime

extension Commands {
  static let gpioGet = Command(
    name: "gpio get",
    summary: "Show the lines of the running mtor",
    details: "Shows each line's level and how many edges were seen and lost; or of one line only its level.",
    arguments: [Argument("LINE", "A name of the configuration's gpio section.", count: .optional)],
    options: [.json],
    examples: [Example("mtor gpio get doorbell", "Prints on or off.")],
    run: { invocation throws(CommandFailure) in
      let lines = try ask(.lines).compactMap(\.lines).first ?? []
      guard let name = invocation.arguments.first else { return try show(lines, invocation) }
      guard let line = lines.first(where: { $0.name == name }) else {
        let known = lines.map(\.name).joined(separator: ", ")
        throw CommandFailure(.usage, "no line '\(name)'. Lines: \(known.isEmpty ? "none" : known).")
      }
      if invocation.wantsJSON { try Output.json(line) } else { Output.line(level(line)) }
      return line.isOn == nil ? .unavailable : .success
    })

  static let gpioSet = Command(
    name: "gpio set",
    summary: "Switch an output of the running mtor",
    details: "Sets the steady level; a blink or pattern on the line ends.",
    arguments: [Argument("LINE", "An output or LED."), Argument("STATE", "on, off or toggle.")],
    options: [.json],
    examples: [Example("mtor gpio set porch_light on", "Switches it on.")],
    run: { invocation throws(CommandFailure) in
      let (name, state) = (invocation.arguments[0], invocation.arguments[1])
      switch state {
      case "on", "off": return try request(ControlRequest(.set, name: name, on: state == "on"), invocation)
      case "toggle": return try request(ControlRequest(.toggle, name: name), invocation)
      default: throw CommandFailure(.usage, "'\(state)' is no state. Write on, off or toggle.")
      }
    })

  static let gpioWatch = Command(
    name: "gpio watch",
    summary: "Print each edge of an input as it comes",
    details:
      "Prints the line, its new level, the kernel's time in seconds, and how many edges were lost before.",
    arguments: [Argument("LINE", "Only this line.", count: .optional)],
    options: [.json],
    examples: [Example("mtor gpio watch doorbell", "Press the button to see whether it is wired well.")],
    run: { invocation throws(CommandFailure) in
      do throws(ControlError) {
        let request = ControlRequest(.watch, name: invocation.arguments.first)
        try ControlClient.connect().request(request, silenceMax: nil) { reply in
          guard let edge = reply.edge else { return }
          if invocation.wantsJSON { try? Output.json(edge) } else { Output.line(text(edge)) }
        }
      } catch { throw CommandFailure(error.isRefusal ? .usage : .unavailable, error.description) }
      return .success
    })

  static let gpioPress = Command(
    name: "gpio press",
    summary: "Press a simulated button of the running mtor",
    details: "Only on board sim: presses the input for 100 ms, or holds or lets go of it.",
    arguments: [
      Argument("LINE", "An input."), Argument("STATE", "down or up; without it both.", count: .optional),
    ],
    options: [.json],
    examples: [Example("mtor gpio press doorbell", "Rings.")],
    run: { invocation throws(CommandFailure) in
      let name = invocation.arguments[0]
      let state = invocation.arguments.count > 1 ? invocation.arguments[1] : nil
      switch state {
      case "down", "up":
        return try request(ControlRequest(.press, name: name, on: state == "down"), invocation)
      case nil: return try request(ControlRequest(.press, name: name), invocation)
      default: throw CommandFailure(.usage, "'\(state ?? "")' is no state. Write down or up, or nothing.")
      }
    })

  private static func show(_ lines: [LineReport], _ invocation: Invocation) throws(CommandFailure) -> ExitCode
  {
    if invocation.wantsJSON {
      try Output.json(lines)
    } else if lines.isEmpty {
      Output.line("No lines are configured (gpio).")
    } else {
      var table = TextTable("line", "direction", "level", "edges", "lost")
      for line in lines {
        table.add(line.name, line.direction, level(line), "\(line.edges)", "\(line.lostEdges)")
      }
      Output.text(table.text())
    }
    return .success
  }

  private static func level(_ line: LineReport) -> String {
    line.isOn.map { $0 ? "on" : "off" } ?? "not to be had"
  }

  private static func text(_ edge: EdgeReport) -> String {
    let microseconds = edge.nanoseconds / 1000
    let fraction = "\(1_000_000 + microseconds % 1_000_000)".dropFirst()
    let lost = edge.lostBefore > 0 ? "  (\(edge.lostBefore) lost before)" : ""
    return
      "\(edge.line.padded(to: 20)) \(edge.isActive ? "on " : "off")  \(microseconds / 1_000_000).\(fraction)\(lost)"
  }
}
