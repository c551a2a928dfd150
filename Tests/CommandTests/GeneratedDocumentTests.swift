// SPDX-License-Identifier: Apache-2.0
import Glibc
import TestSupport
import Testing

@testable import mtor

@Suite struct GeneratedDocumentTests {
  @Test func theManualPageIsUpToDate() throws {
    // Of another checkout where MTOR_TREE names it (scripts/guards).
    let own = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()
    let root = getenv("MTOR_TREE").map { String(cString: $0) } ?? own
    let file = try #require(fopen("\(root)/docs/man/mtor.1", "r"))
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    let count = fread(&bytes, 1, bytes.count, file)
    let text = ManualPage.text(Commands.all.filter { !$0.isHidden })
    #expect(String(decoding: bytes[..<count], as: UTF8.self) == text, "run scripts/documents")
  }

  @Test func theCompletionScriptIsGoodBash() throws {
    let directory = TemporaryDirectory()
    let script = directory.write("completion", CompletionScript.bash(Commands.all))
    var pid: pid_t = 0
    let words = ["bash", "-n", script]
    var argv: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    defer { argv.forEach { free($0) } }
    try #require(posix_spawnp(&pid, "bash", nil, nil, &argv, environ) == 0)
    var status: Int32 = 0
    waitpid(pid, &status, 0)
    #expect(status == 0)
  }
}
