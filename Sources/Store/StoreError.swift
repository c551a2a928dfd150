// SPDX-License-Identifier: Apache-2.0
import Posix
import SQLite

/// Something was not stored, or a store cannot be used.
public enum StoreError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Too much is waiting for the disk; nothing of the request was taken.
  case backlogFull(rowsMax: Int, bytesMax: Int)
  /// A text or body is longer than its limit.
  case tooBig(what: String, bytes: Int, bytesMax: Int)
  /// SQLite could not do it. Nothing of the request is stored.
  case database(SQLiteError)
  /// A file's content is not what was written to it.
  case damaged(path: String, problem: String)
  /// The folder or a file in it cannot be used.
  case unusable(String)
  /// Another process has this store open for writing.
  case inUse(path: String)
  /// Written by a program that is newer than this one can follow.
  case tooNew(path: String, version: Int, supported: Int)
  /// The store has been closed.
  case closed

  /// There is no room: what is open stays as it is.
  var isFull: Bool { if case .database(let error) = self { error.kind == .full } else { false } }

  public var description: String {
    switch self {
    case .backlogFull(let rows, let bytes):
      "the disk does not keep up: \(rows) rows or \(bytes) bytes are waiting"
    case .tooBig(let what, let bytes, let bytesMax):
      "\(what) has \(bytes) bytes, at most \(bytesMax) are stored"
    case .database(let error): "\(error)"
    case .damaged(let path, let problem): "\(path) is damaged: \(problem)"
    case .unusable(let text): text
    case .inUse(let path): "\(path) is in use by another mtor. End it, or set another store.directory."
    case .tooNew(let path, let version, let supported):
      "\(path) has format \(version); this mtor reads up to \(supported). Install the newer mtor again."
    case .closed: "the store is closed"
    }
  }
}

/// Where the system refuses, the store cannot be used.
@discardableResult func usable<Value: ~Copyable>(_ body: () throws(SystemError) -> Value) throws(StoreError)
  -> Value
{
  do throws(SystemError) { return try body() } catch { throw .unusable("\(error)") }
}

/// Where SQLite refuses, nothing was stored or read.
@discardableResult func database<Value: ~Copyable>(_ body: () throws(SQLiteError) -> Value) throws(StoreError)
  -> Value
{
  do throws(SQLiteError) { return try body() } catch { throw .database(error) }
}
