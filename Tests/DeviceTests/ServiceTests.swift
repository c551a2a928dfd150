// SPDX-License-Identifier: Apache-2.0
import GPIO
import Glibc
import TestSupport
import Testing

/// The installed systemd unit with its sandbox and limits, under a real systemd.
@Suite(.serialized, .underSystemd) struct ServiceTests {
  @Test func itIsStartedAtBootWhenItIsEnabled() throws {
    #expect(try Shell.run("systemctl is-enabled mtor").line == "enabled")
    // Before the first of these tests was started.
    let tests = try #require(
      UInt64(try Shell.run("systemctl show --value -p ExecMainStartTimestampMonotonic rig-job").line))
    let ready = try Shell.run(
      "journalctl -b -u mtor --grep 'ready: board' -o json --output-fields=MESSAGE | head -1"
    ).output
    let stamp = try #require(ready.split(separator: "__MONOTONIC_TIMESTAMP\":\"").dropFirst().first)
    #expect(try #require(UInt64(stamp.prefix { $0.isNumber })) < tests)
  }

  @Test func itIsReadyWhenItSaysSoAndRunsAsNobodyInParticular() throws {
    let service = try Service()
    #expect(try service.property("ActiveState") == "active")
    #expect(try service.property("StatusText") == "running on board generic")
    #expect(try Chip.open("service").line(UInt32(Service.lamp)).consumer == "mtor")
    #expect(try service.trace.levels(of: Service.lamp) == [false])
    #expect(try service.trace.levels(of: Service.door) == [true])
    let status = try SystemFile.read("/proc/\(service.pid)/status").split(separator: "\n")
    func value(_ name: String) -> [Substring] {
      status.first { $0.hasPrefix("\(name):") }.map { $0.split { $0 == "\t" || $0 == " " }.dropFirst() }
        .map(Array.init) ?? []
    }
    #expect(value("Uid").allSatisfy { Int($0) ?? 0 >= 61_184 }, "\(value("Uid")) is no dynamic user")
    #expect(value("CapEff") == ["0000000000000000"] && value("NoNewPrivs") == ["1"])
    #expect(value("Seccomp") == ["2"])
    let groups = try Shell.run("getent group gpio audio video | cut -d: -f3").output.split(separator: "\n")
    #expect(groups.count == 3 && groups.allSatisfy(value("Groups").contains))
  }

  @Test func afterAKillItsOutputsAreSafeAndItComesBack() throws {
    let service = try Service()
    try service.mtor("gpio set lamp on")
    try service.mtor("gpio set door off")
    let pid = try service.pid
    #expect(kill(pid, SIGKILL) == 0)
    #expect(try waitUntil { try service.isBack(after: 1) })
    #expect(try service.pid != pid)
    // On before the kill; safe by `mtor gpio safe` and again when the next run takes the line.
    #expect(try service.trace.levels(of: Service.lamp) == [false, true, false])
    #expect(try service.trace.levels(of: Service.door) == [true, false, true])
  }

  @Test func outputsAreSafeAfterAKillEvenWhenItDoesNotComeBack() throws {
    let service = try Service(unit: "Restart=no")
    try service.mtor("gpio set lamp on")
    #expect(kill(try service.pid, SIGKILL) == 0)
    #expect(try waitUntil { try service.property("ActiveState") == "failed" })
    #expect(try service.trace.levels(of: Service.lamp) == [false, true, false])
    #expect(try Chip.open("service").line(UInt32(Service.lamp)).consumer == nil)
  }

  @Test func aHungOneIsEndedByTheWatchdogAndComesBack() throws {
    let service = try Service(unit: "WatchdogSec=4s\nTimeoutAbortSec=4s")
    try service.mtor("gpio set lamp on")
    #expect(kill(try service.pid, SIGSTOP) == 0)
    #expect(try waitUntil { try service.isBack(after: 1) })
    #expect(try service.journal().contains { $0.contains("Watchdog timeout") })
    #expect(try service.trace.levels(of: Service.lamp) == [false, true, false])
  }

  @Test func itsOwnWatchdogIntervalIsFed() throws {
    let service = try Service()
    #expect(try service.property("WatchdogUSec") == "20s")
    #expect(try service.property("WatchdogTimestampMonotonic") != "0")
  }

  @Test func reloadTakesAGoodConfigurationOverAndLeavesABadOne() throws {
    let hello = "automations: {hello: {on: command.hello, do: [{log: \"hello yourself\"}]}}\n"
    let service = try Service("commands: {hello: good morning}\n" + hello)
    let pid = try service.pid
    try Service.put(Service.lines + "commands: {hello: good evening}\n" + hello, Service.configuration)
    #expect(try Shell.run("systemctl reload mtor").code == 0)
    #expect(try waitUntil { try service.journal().contains { $0.contains("read again and taken over") } })
    try Service.put(Service.lines + "commands: {hello: [}\n", Service.configuration)
    try Shell.run("systemctl reload mtor")
    #expect(try waitUntil { try service.journal(priority: 3).contains { $0.contains("mtor.yml:") } })
    try service.mtor("ask good evening")
    #expect(try waitUntil { try service.journal(priority: 5).contains { $0.hasSuffix("hello yourself") } })
    #expect(try service.pid == pid && service.property("ActiveState") == "active")
  }

  @Test func aWrongConfigurationAtStartIsNotTriedAgain() throws {
    let service = try Service("commands: {hello: [}\n")
    #expect(try waitUntil { try service.property("ActiveState") == "failed" })
    #expect(try service.property("ExecMainStatus") == "78")
    #expect(try service.property("NRestarts") == "0")
  }

  @Test func whenItIsStoppedOutputsAreSafeAndLinesAreFree() throws {
    let service = try Service()
    try service.mtor("gpio set lamp on")
    try service.mtor("gpio set door off")
    #expect(try Shell.run("systemctl stop mtor").code == 0)
    #expect(try service.property("ActiveState") == "inactive")
    #expect(try service.property("Result") == "success")
    #expect(try service.trace.levels(of: Service.lamp) == [false, true, false])
    #expect(try service.trace.levels(of: Service.door) == [true, false, true])
    for line in [Service.bell, Service.lamp, Service.door] {
      #expect(try Chip.open("service").line(UInt32(line)).consumer == nil)
    }
  }

  @Test func theJournalHasThePriorityOfEachLine() throws {
    let other = try SimulatedChip("other")
    let holder = try LineRequest.open(
      path: "/dev/\(other.name)", offset: 3, LineConfiguration(.output(on: false)), consumer: "somebody")
    let service = try Service(
      """
        fan: {output: 3, chip: other}
      automations:
        note: {on: start, do: [{log: "a note"}]}

      """)
    #expect(try waitUntil { try service.journal(priority: 6).contains { $0.contains("ready: board") } })
    #expect(try waitUntil { try service.journal(priority: 5).contains { $0.contains("held by 'somebody'") } })
    #expect(try service.journal(priority: 5).contains { $0.hasSuffix("a note") })
    #expect(try service.journal().allSatisfy { !$0.hasPrefix("<") })
    holder.close()
  }

  @Test func itsLimitsAreInForce() throws {
    let service = try Service()
    #expect(try service.limit("memory.max") == "\(256 << 20)")
    #expect(try service.limit("pids.max") == "64")
  }

  @Test func whoTakesAllMemoryEndsTheServiceWhichComesBackWithSafeOutputs() throws {
    let service = try Service(
      """
      commands: {eat: eat everything}
      automations:
        eat: {on: command.eat, do: [{set: lamp, to: on}, {run: [tail, /dev/zero]}]}

      """)
    try service.mtor("ask eat everything")
    #expect(try waitUntil { try service.isBack(after: 1) })
    #expect(try service.journal().contains { $0.contains("oom-kill") })
    #expect(try service.trace.levels(of: Service.lamp) == [false, true, false])
  }

  @Test func theSandboxHolds() throws {
    let attempts = [
      "touch /etc/attempt", "touch /usr/attempt", "touch /home/attempt", "ls ~root/.", ": < /dev/uinput",
      ": < /dev/kmsg", "unshare -U true", "mount -t tmpfs none /tmp", "hostname attempt",
      "chmod u+s /tmp/attempt", ": > /proc/sys/vm/drop_caches", "chrt -f 5 true",
    ]
    let allowed = [
      "touch $STATE_DIRECTORY/attempt", "touch /tmp/attempt", "touch $RUNTIME_DIRECTORY/attempt",
    ]
    let script = (allowed + attempts).enumerated()
      .map {
        "if sh -c '\($1)' >/dev/null 2>&1; then echo attempt-\($0)-done; else echo attempt-\($0)-refused; fi"
      }
      .joined(separator: "\n")
    try Service.put("#!/bin/sh\n\(script)\necho attempts-over\n", "/usr/local/bin/attempts")
    chmod("/usr/local/bin/attempts", 0o755)
    let service = try Service(
      """
      commands: {attempt: try it}
      automations:
        attempt: {on: command.attempt, do: [{run: [/usr/local/bin/attempts], timeout: 1min}]}

      """)
    try service.mtor("ask try it")
    #expect(try waitUntil { try service.journal().contains { $0.hasSuffix("attempts-over") } })
    let journal = try service.journal()
    for (index, attempt) in (allowed + attempts).enumerated() {
      let outcome = index < allowed.count ? "done" : "refused"
      #expect(
        journal.contains { $0.hasSuffix("attempt-\(index)-\(outcome)") }, "\(attempt) is not \(outcome)")
    }
  }

  @Test func aThousandEdgesOfAStoppedProcessEndAtTheLevelOfTheLine() throws {
    let service = try Service()
    let pid = try service.pid
    #expect(kill(pid, SIGSTOP) == 0)
    for index in 0..<1001 { try service.chip.pull(Service.bell, high: index % 2 == 0) }
    #expect(kill(pid, SIGCONT) == 0)
    #expect(try waitUntil { try service.mtor("gpio get bell") == "on\n" })
    let report = try service.mtor("gpio get bell --json")
    func number(_ key: String) -> Int? {
      report.split(separator: "\"\(key)\"").dropFirst().first
        .flatMap { Int($0.drop { !$0.isNumber }.prefix { $0.isNumber }) }
    }
    let (edges, lost) = (
      try #require(number("edges"), "\(report)"), try #require(number("lostEdges"), "\(report)")
    )
    if Library.numbersEdges {
      #expect(edges + lost == 1001 && lost > 0)
    } else {
      // libgpiod 1 keeps 16 edges, and knows of a loss only by the level.
      #expect(edges < 1001 && lost > 0)
    }
  }

  /// Asks again and again; false when it is not so within a minute.
  private func waitUntil(_ condition: () throws -> Bool) throws -> Bool {
    let limit = ContinuousClock.now + .seconds(60)
    while try !condition() {
      if ContinuousClock.now > limit { return false }
      poll(nil, 0, 100)
    }
    return true
  }
}
