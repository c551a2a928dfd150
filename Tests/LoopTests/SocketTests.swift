// SPDX-License-Identifier: Apache-2.0
import Glibc
import Loop
import Posix
import TestSupport
import Testing
import Time

@Suite struct SocketTests {
  static let good: [(String, Endpoint)] = [
    ("tcp://127.0.0.1:10400", .tcp(host: "127.0.0.1", port: 10400)),
    ("tcp://[::1]:80", .tcp(host: "::1", port: 80)),
    ("tcp://pi-4.local:0", .tcp(host: "pi-4.local", port: 0)),
    ("unix:///run/mtor/speech.sock", .unix(path: "/run/mtor/speech.sock")),
  ]

  @Test(arguments: good) func anEndpointReadsAsItIsWritten(_ text: String, _ endpoint: Endpoint) throws {
    #expect(try Endpoint(text) == endpoint)
    #expect(endpoint.description == text)
  }

  static let bad: [(String, String)] = [
    ("", "has no scheme"), ("http://host:80", "has no scheme"), ("tcp://host", "has no port"),
    ("tcp://[::1]", "has no port"), ("tcp://::1:80", "without brackets"), ("tcp://:80", "no valid host"),
    ("tcp://a b:80", "no valid host"), ("tcp://host:", "not a number"), ("tcp://host:65536", "not a number"),
    ("tcp://host:+80", "not a number"), ("unix://run/x", "no absolute path"),
    ("unix:///", "no absolute path"),
    ("unix:///\(String(repeating: "x", count: 107))", "more than 107 bytes"), ("unix:///a\0b", "zero byte"),
  ]

  @Test(arguments: bad) func aWrongEndpointSaysWhatIsRight(_ text: String, _ problem: String) {
    do throws(EndpointError) {
      _ = try Endpoint(text)
      Issue.record("'\(text)' was accepted")
    } catch {
      #expect(error.description.contains(problem))
      #expect(error.description.hasSuffix("write tcp://HOST:PORT or unix:///PATH"))
    }
  }

  @Test func namesAreLookedUpAndNumbersAreNot() throws {
    #expect(SocketAddress(.tcp(host: "localhost", port: 1)) == nil)
    #expect(SocketAddress(.tcp(host: "127.0.0.1", port: 7))?.endpoint == .tcp(host: "127.0.0.1", port: 7))
    #expect(SocketAddress(.tcp(host: "::1", port: 7))?.endpoint == .tcp(host: "::1", port: 7))
    #expect(SocketAddress(.unix(path: "/\(String(repeating: "x", count: 107))")) == nil)
    let long = "/\(String(repeating: "x", count: 107))"
    let tooLong = SystemError("use the socket \(long)", errno: ENAMETOOLONG)
    #expect(throws: tooLong) { try SocketAddress.unix(long) }
    #expect(try !SocketAddress.lookUp(host: "127.0.0.1", port: 9).isEmpty)
    do throws(NameLookupError) {
      _ = try SocketAddress.lookUp(host: "no..name", port: 9)
      Issue.record("a host without an address was found")
    } catch { #expect(error.description.hasPrefix("look up no..name: ")) }
  }

  @Test(arguments: ["tcp", "unix"]) func whatIsSentArrives(_ kind: String) async throws {
    let directory = TemporaryDirectory()
    let address = try #require(
      SocketAddress(kind == "tcp" ? .tcp(host: "127.0.0.1", port: 0) : .unix(path: directory.file("s"))))
    try await onLoop {
      let loop = LoopActor.shared.loop
      let listener = try ListeningSocket.open(address, mode: 0o600)
      if let early = try listener.accept() { Issue.record("nobody has connected, yet \(early.raw) came") }
      let bound = try #require(SocketAddress(listener.endpoint))
      let client = try await loop.connect(to: bound, until: loop.now + .seconds(5))
      let clientRaw = client.raw
      try await loop.ready(listener.descriptor.raw, .read, on: "a connection")
      guard let server = try listener.accept() else {
        Issue.record("no connection came")
        return
      }
      let raw = server.raw
      #expect(write(clientRaw, "hello", 5) == 5)
      try await loop.ready(raw, .read, on: "a greeting")
      var buffer = [UInt8](repeating: 0, count: 16)
      #expect(read(raw, &buffer, 16) == 5)
      #expect(read(raw, &buffer, 16) == -1 && errno == EAGAIN)
    }
    #expect(access(directory.file("s"), F_OK) == -1, "the socket's file goes with it")
  }

  @Test func onlyAStaleSocketFileIsReplaced() throws {
    let directory = TemporaryDirectory()
    let path = directory.file("s")
    let address = try #require(SocketAddress(.unix(path: path)))
    // Bound, never closed properly: what a killed process leaves.
    let stale = try #require(staleSocket(path))
    close(stale)
    let first = try ListeningSocket.open(address, mode: 0o660)
    var status = stat()
    #expect(lstat(path, &status) == 0 && status.st_mode & 0o777 == 0o660)
    #expect(throws: SystemError("listen on unix://\(path)", errno: EADDRINUSE)) {
      _ = try ListeningSocket.open(address)
    }
    #expect(lstat(path, &status) == 0, "the one in use is still there")
    withExtendedLifetime(first.descriptor.raw) {}
    directory.write("file", "mine")
    let file = try #require(SocketAddress(.unix(path: directory.file("file"))))
    #expect(throws: SystemError("listen on unix://\(directory.file("file"))", errno: ENOTSOCK)) {
      _ = try ListeningSocket.open(file)
    }
    #expect(access(directory.file("file"), F_OK) == 0)
    let nowhere = try #require(SocketAddress(.unix(path: directory.file("no/s"))))
    #expect(throws: SystemError("listen on \(nowhere.endpoint)", errno: ENOENT)) {
      _ = try ListeningSocket.open(nowhere)
    }
  }

  @Test(arguments: ["tcp", "unix"]) func aRefusedConnectionNamesTheAddress(_ kind: String) async throws {
    let directory = TemporaryDirectory()
    let path = directory.file("s")
    let silent = try SilentPort()
    let port = silent.port
    try await onLoop {
      let endpoint = kind == "tcp" ? Endpoint.tcp(host: "127.0.0.1", port: port) : .unix(path: path)
      let address = try #require(SocketAddress(endpoint))
      let errno = kind == "tcp" ? ECONNREFUSED : ENOENT
      await #expect(throws: SystemError("connect to \(endpoint)", errno: errno)) {
        _ = try await LoopActor.shared.loop.connect(to: address)
      }
    }
    withExtendedLifetime(silent.socket.raw) {}
  }

  @Test func descriptorsAreClosedOnceAndErrorsAreNamed() throws {
    let pipe = try FileDescriptor.pipe()
    try pipe.read.setNonBlocking()
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4, alignment: 1)
    defer { buffer.deallocate() }
    do throws(SystemError) {
      _ = try pipe.read.read(into: buffer)
      Issue.record("an empty pipe gave something")
    } catch { #expect(error == SystemError("read", errno: EAGAIN)) }
    do throws(SystemError) {
      _ = try pipe.read.write(UnsafeRawBufferPointer(buffer))
      Issue.record("the reading end took something")
    } catch { #expect(error == SystemError("write", errno: EBADF)) }
    pipe.read.close()
    do throws(SystemError) {
      try FileDescriptor(owning: -1).setNonBlocking()
      Issue.record("no descriptor became non-blocking")
    } catch { #expect(error == SystemError("fcntl", errno: EBADF)) }
    #expect(throws: SystemError("open /nowhere/x", errno: ENOENT)) {
      _ = try FileDescriptor.open("/nowhere/x", O_RDONLY)
    }
    #expect(SystemError("open x", errno: ENOENT).description == "open x: No such file or directory")
    let pair = try Socket.pair()
    let first = pair.first.raw
    #expect(write(first, "x", 1) == 1)
  }

  private func staleSocket(_ path: String) -> Int32? {
    let socket = socket(AF_UNIX, 1, 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    return result == 0 ? socket : nil
  }
}

/// A port of 127.0.0.1 that is taken, and on which nobody listens.
private struct SilentPort: ~Copyable {
  let socket = FileDescriptor(owning: Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
  let port: UInt16

  init() throws {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let raw = socket.raw
    let code = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(raw, $0, length) == 0 ? getsockname(raw, $0, &length) : -1
      }
    }
    guard code == 0 else { throw SystemError("bind", errno: errno) }
    port = UInt16(bigEndian: address.sin_port)
  }
}
