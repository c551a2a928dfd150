// SPDX-License-Identifier: Apache-2.0
import Glibc
import JSON
import Runtime

extension Commands {
  static let gpioGet = Command(
    name: "gpio get",
    summary: "Show the lines and their levels",
    details: """
      Shows each line's level and how many edges were seen and lost; or of one line only its level. Asks the
      running mtor, else requests the configured lines for a moment.
      """,
    arguments: [Argument("LINE", "A name of the configuration's gpio section.", count: .optional)],
    options: [.config, .board, .json],
    examples: [Example("mtor gpio get doorbell", "Prints on or off.")],
    run: { invocation throws(CommandFailure) in
      let lines = try DaemonAccess.use(invocation) { directory, _ throws(CommandFailure) in
        try ask(.lines, invocation, in: directory).compactMap(\.lines).first ?? []
      }
      guard let name = invocation.arguments.first else { return try show(lines, invocation) }
      guard let line = lines.first(where: { $0.name == name }) else {
        let known = lines.map(\.name).joined(separator: ", ")
        throw CommandFailure(.negative, "no line '\(name)'. Lines: \(known.isEmpty ? "none" : known).")
      }
      if invocation.wantsJSON { try Output.json(line) } else { Output.line(level(line)) }
      return line.isOn == nil ? .unavailable : .success
    })

  static let gpioSet = Command(
    name: "gpio set",
    summary: "Switch an output",
    details: """
      Sets the steady level in the running mtor; a blink or pattern on the line ends. When no mtor is running
      the line is held until Ctrl-C, and then goes into its safe state.
      """,
    arguments: [Argument("LINE", "An output or LED."), Argument("STATE", "on, off or toggle.")],
    options: [.config, .board, .json],
    examples: [Example("mtor gpio set porch_light on", "Switches it on.")],
    run: { invocation throws(CommandFailure) in
      let (name, state) = (invocation.arguments[0], invocation.arguments[1])
      let asked: ControlRequest
      switch state {
      case "on", "off": asked = ControlRequest(.set, name: name, on: state == "on")
      case "toggle": asked = ControlRequest(.toggle, name: name)
      default: throw CommandFailure(.usage, "'\(state)' is no state. Write on, off or toggle.")
      }
      return try DaemonAccess.use(invocation) { directory, isOwn throws(CommandFailure) in
        let code = try request(asked, invocation, in: directory)
        if isOwn && code == .success {
          Output.line("\(name) is held until Ctrl-C, for no mtor is running.")
          waitForInterrupt()
        }
        return code
      }
    })

  static let gpioSafe = Command(
    name: "gpio safe",
    summary: "Put every output into its safe state",
    details: """
      Requests the configured outputs with their safe levels and lets go of them: for after a crash, when the
      chip keeps the last levels. The systemd unit runs it whenever mtor has ended. Does nothing while an mtor
      is running, which holds its lines.
      """,
    options: [.config, .board],
    examples: [Example("mtor gpio safe", "Everything off that is not safe when on.")],
    run: { invocation throws(CommandFailure) in
      try DaemonAccess.use(invocation) { _, isOwn throws(CommandFailure) in
        if !isOwn { Output.line("An mtor is running and holds the lines; nothing was changed.") }
        return .success
      }
    })

  static let gpioWatch = Command(
    name: "gpio watch",
    summary: "Print each edge of an input as it comes",
    details: """
      Prints the line, its new level, the kernel's time in seconds, and how many edges were lost before. Asks
      the running mtor, else requests the configured lines itself. Ends with Ctrl-C.
      """,
    arguments: [Argument("LINE", "Only this line.", count: .optional)],
    options: [.config, .board, .json],
    examples: [Example("mtor gpio watch doorbell", "Press the button to see whether it is wired well.")],
    run: { invocation throws(CommandFailure) in
      try DaemonAccess.use(invocation) { directory, _ throws(CommandFailure) in
        let request = ControlRequest(.watch, name: invocation.arguments.first)
        try exchange(request, invocation, in: directory, silenceMax: nil) { reply in
          guard let edge = reply.edge else { return }
          if invocation.wantsJSON { try? Output.json(edge) } else { Output.line(text(edge)) }
        }
        return .success
      }
    })

  private static func waitForInterrupt() {
    var signals = sigset_t()
    sigemptyset(&signals)
    for signal in [SIGINT, SIGTERM] { sigaddset(&signals, signal) }
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    var received: Int32 = 0
    sigwait(&signals, &received)
  }

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
