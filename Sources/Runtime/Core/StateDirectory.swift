// SPDX-License-Identifier: Apache-2.0
import Glibc
import Posix

/// Where a daemon keeps what survives a restart: `$MTOR_STATE_DIR`, systemd's `$STATE_DIRECTORY`,
/// `state` below `$MTOR_RUNTIME_DIR`, `/var/lib/mtor` for root, `$XDG_STATE_HOME/mtor`, or
/// `~/.local/state/mtor`.
public enum StateDirectory {
  public static func path(environment: (String) -> String? = ServiceManager.environment) -> String {
    if let own = environment("MTOR_STATE_DIR") { return own }
    if let given = environment("STATE_DIRECTORY") { return String(given.prefix { $0 != ":" }) }
    if let runtime = environment("MTOR_RUNTIME_DIR") { return "\(runtime)/state" }
    if geteuid() == 0 { return "/var/lib/mtor" }
    if let user = environment("XDG_STATE_HOME") { return "\(user)/mtor" }
    return environment("HOME").map { "\($0)/.local/state/mtor" } ?? "\(RuntimeDirectory.path())/state"
  }

  /// Makes the folders above it; the store makes the last one and says what is wrong with it.
  public static func makeParents(of path: String) {
    var slash = path.startIndex
    while let next = path[slash...].dropFirst().firstIndex(of: "/") {
      mkdir(String(path[..<next]), 0o700)
      slash = next
    }
  }
}
