// SPDX-License-Identifier: Apache-2.0
import CBench
import Loop
import Posix

/// Calls of a round: their log lines must fit into a pipe that nobody reads meanwhile.
private let calls = 100
private let token = "0123456789abcdef0123"

/// A webhook of `mtor run` that switches a lamp, from the request to its answer, against libmicrohttpd in C,
/// which compares the token and answers.
let webhookCases: [Case] = [
  Case(name: "http.webhook") { options in
    let studio = try await Studio.open()
    try "\(token)\n".write(to: "\(studio.directory)/token")
    guard let free = SocketAddress(.tcp(host: "127.0.0.1", port: 0)),
      case .tcp(_, let port) = try ListeningSocket.open(free).endpoint
    else { throw Failure(what: "no port is free") }
    let program = try RunningProgram(studio, microphone: nil, configuration: house(studio, port))
    try await program.wait(for: ["ready: board", "webhooks: "])
    let baseline = cb_webhook_serve("Bearer \(token)")
    let figures = try await Case.compare(
      "http.webhook", "ns", to: "libmicrohttpd in C", operations: calls,
      ours: { try median(Int32(port)) }, baseline: { try median(baseline) }
    ).run(options)
    try await program.end()
    return figures
  }
]

private func house(_ studio: Studio, _ port: UInt16) -> String {
  """
  gpio: {lamp: {output: GPIO5}}
  webhooks: {parcel: {token_file: \(studio.directory)/token}}
  http: {listen: "tcp://127.0.0.1:\(port)"}
  automations:
    parcel: {on: webhook.parcel, if: event.from == 'shop', do: {set: lamp, to: on}}
  """
}

/// Nanoseconds of a call.
private func median(_ port: Int32) throws -> Double {
  var latencies = [UInt64](repeating: 0, count: calls)
  guard cb_webhook_call(port, "Bearer \(token)", Int32(calls), &latencies) == 0 else {
    throw Failure(what: "a call was not answered with 202")
  }
  return Statistics(latencies.map { Double($0) }).median
}
