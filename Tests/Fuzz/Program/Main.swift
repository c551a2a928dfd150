// SPDX-License-Identifier: Apache-2.0
import CLibFuzzer
import Fuzz
import Glibc

/// `mtor-fuzz --list`, or `mtor-fuzz TARGET [OPTION OF LIBFUZZER | CORPUS | FILE]…`. See scripts/fuzz.
@main struct Main {
  nonisolated(unsafe) private static var target = FuzzTarget.all[0]

  static func main() {
    let name = CommandLine.arguments.dropFirst().first ?? "--list"
    if name == "--list" {
      for target in FuzzTarget.all { puts("\(target.name) \(target.inputMaxBytes)") }
      return
    }
    guard let target = FuzzTarget.all.first(where: { $0.name == name }) else {
      puts("mtor-fuzz: there is no target '\(name)'; --list tells them")
      exit(64)
    }
    // SAFETY: set once, before libFuzzer starts its only thread of inputs.
    Self.target = target
    var count = CommandLine.argc - 1
    var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv + 1
    exit(LLVMFuzzerRunDriver(&count, &arguments, fuzzOne))
  }

  fileprivate static func run(_ input: UnsafeRawBufferPointer) { target.run(input) }
}

/// The name is libFuzzer's: some linkers take its own `main` in as well, which wants it.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzOne(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  Main.run(UnsafeRawBufferPointer(start: bytes, count: count))
  return 0
}
