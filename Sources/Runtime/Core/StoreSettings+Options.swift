// SPDX-License-Identifier: Apache-2.0
import Configuration
import Crypto
import Glibc
import Log
import Posix
import Store

extension StoreSettings {
  /// Name of the systemd credential with the key that signs the journal's heads: 64 hexadecimal digits.
  static let credential = "mtor-store-key"

  /// The files; `state` is where they are without a key `directory`.
  public func paths(state: String = StateDirectory.path()) -> StorePaths {
    StorePaths(directory: directory ?? state, anchor: anchor)
  }

  func options(state: String) -> StoreOptions {
    var options = StoreOptions(paths(state: state))
    options.journalBytesMax = journalBytesMax
    options.historyBytesMax = historyBytesMax
    options.outboxBytesMax = outboxBytesMax
    var prefixes: [String: String] = [:]
    for (shard, beginnings) in shards { for beginning in beginnings { prefixes[beginning] = shard } }
    options.shards = ShardMap(prefixes)
    options.headRows = Int64(headRows)
    options.signingKey = Self.signingKey()
    return options
  }

  /// The key of this service; nil without a credential, or with one that is no key, which is said.
  public static func signingKey(
    environment: (String) -> String? = ServiceManager.environment
  ) -> SigningKey? {
    guard let directory = environment("CREDENTIALS_DIRECTORY") else { return nil }
    let path = "\(directory)/\(credential)"
    do throws(SystemError) {
      let bytes = try FileDescriptor.open(path, O_RDONLY).read(upTo: 256)
      let text = String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace }
      if let key = Hex.bytes(text).flatMap(SigningKey.init(secret:)) { return key }
      Logger("store").error("credential \(credential) is no key: write 64 hexadecimal digits")
    } catch {
      if error.errno != ENOENT { Logger("store").error("credential \(credential): \(error)") }
    }
    return nil
  }
}
