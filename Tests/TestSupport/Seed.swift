// SPDX-License-Identifier: Apache-2.0
import Glibc
import Time

/// The seed of a random test. It is printed; `MTOR_SEED=n` replays it.
public enum Seed {
  public static func generator(_ test: String = #function) -> SeededGenerator {
    let given = getenv("MTOR_SEED").flatMap { UInt64(String(cString: $0)) }
    let seed = given ?? UInt64.random(in: 0 ... .max)
    print("\(test): MTOR_SEED=\(seed)")
    return SeededGenerator(seed: seed)
  }
}
