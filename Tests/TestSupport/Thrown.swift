// SPDX-License-Identifier: Apache-2.0
// Programs that test without the framework, as the fault campaign, are built without it.
#if canImport(Testing)
  import Testing

  /// The error that `body` throws. Another one, or none, is an issue of the running test, and nil.
  ///
  /// `#expect(throws:)` returns the error since Swift 6.1; Debian 13 has 6.0.
  public func thrown<Failure: Error, Success>(
    _ type: Failure.Type, sourceLocation: SourceLocation = #_sourceLocation,
    by body: () throws -> Success
  ) -> Failure? {
    do {
      _ = try body()
      Issue.record("nothing was thrown, \(type) was expected", sourceLocation: sourceLocation)
    } catch let error as Failure {
      return error
    } catch {
      Issue.record(error, "\(type) was expected", sourceLocation: sourceLocation)
    }
    return nil
  }

  /// The same of work that waits; runs where the caller runs.
  public func thrown<Failure: Error, Success: Sendable>(
    _ type: Failure.Type, isolation: isolated (any Actor)? = #isolation,
    sourceLocation: SourceLocation = #_sourceLocation, by body: () async throws -> Success
  ) async -> Failure? {
    let result: Result<Success, any Error>
    do { result = .success(try await body()) } catch { result = .failure(error) }
    return thrown(type, sourceLocation: sourceLocation) { try result.get() }
  }
#endif
