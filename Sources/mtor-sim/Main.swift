// SPDX-License-Identifier: Apache-2.0
import Glibc
import Simulator

@main struct Main {
  static func main() { exit(Simulator.run(CommandLine.arguments.dropFirst())) }
}
