// SPDX-License-Identifier: Apache-2.0
import Glibc
import SpeechWorker

@main struct Main {
  static func main() { exit(SpeechWorker.run(Array(CommandLine.arguments.dropFirst()))) }
}
