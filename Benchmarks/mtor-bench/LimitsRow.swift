// SPDX-License-Identifier: Apache-2.0

/// A row of docs/limits.md.
struct LimitsRow {
  let what: String
  let goal: String
  /// Figures that have to meet their goals.
  let judged: [String]
  let value: @Sendable (Measured) -> String
  let method: String

  static let all: [LimitsRow] = loop + audio + program + realms + store

  private static let loop = [
    LimitsRow(
      what: "descriptor ready → handler", goal: "≤ 1.15 × C",
      judged: ["loop.fd_latency", "loop.fd_dispatch"],
      value: {
        "\($0.text("loop.fd_latency", "ratio", decimals: 2)) × C epoll "
          + "(\(microseconds($0, "loop.fd_latency"))); a pipe that feeds itself "
          + "\($0.text("loop.fd_dispatch", "ratio", decimals: 2)) ×; "
          + "\($0.text("loop.fd_vs_dispatchsource", "ratio", decimals: 2)) × DispatchSource"
      },
      method: """
        another thread writes its clock to a pipe every 300 µs; the handler's \
        first act is to read the clock. \
        300 samples a round; the same with a bare `epoll_wait` loop in C and with a Dispatch source.
        """),
    LimitsRow(
      what: "allocations per descriptor event, audio frame, GPIO edge", goal: "0",
      judged: ["loop.allocs_per_event", "audio.allocs_per_frame"],
      value: {
        "\($0.text("loop.allocs_per_event")), \($0.text("audio.allocs_per_frame")), "
          + "\($0.text("gpio.allocs_per_edge")) (an edge that starts a rule: \($0.text("gpio.allocs_per_rule"))); "
          + "audio chunk received: \($0.text("audio.allocs_per_chunk_received"))"
      },
      method: """
        `malloc` and its kin are counted on the loop's thread, libraries \
        included. Audio: from the ALSA PCM to the \
        worker's socket, 99th percentile of 1,000 frames after 3 s (now and \
        then a timer of another part fires \
        between two frames).
        """),
    LimitsRow(
      what: "edge → output change through a rule", goal: "≤ 1.2 × C", judged: ["gpio.edge_to_output"],
      value: {
        "\($0.text("gpio.edge_to_output", "ratio", decimals: 2)) × C "
          + "(\($0.text("gpio.edge_to_output")) against \($0.text("gpio.edge_to_output", "baseline")) µs)"
      },
      method: """
        gpio-sim in the rig's kernel (User Mode Linux, whose system calls cost \
        many times a board's): from before \
        the write that moves the input to after the call that set the output, \
        \(togglesPerRound) times a round; line, gesture, rule and output of \
        the program against `poll`, read and set in C on libgpiod.
        """),
  ]

  private static let audio = [
    LimitsRow(
      what: "capture → first byte at the worker", goal: "≤ 22 ms (a period + 2 ms), p99",
      judged: ["audio.capture_to_worker.p99"],
      value: {
        "\($0.text("audio.capture_to_worker.p99", decimals: 2)) ms p99, "
          + "\($0.text("audio.capture_to_worker.p50", decimals: 2)) ms p50 after the frame's last sample, which is "
          + "20 ms after its first; "
          + "\($0.text("audio.noise_to_worker.p99", decimals: 0)) ms p99 while nobody speaks"
      },
      method: """
        from the capture of a frame's last sample, by ALSA's delay, to its \
        audio chunk in the hands of a Wyoming \
        server in another process; 1,000 frames of 20 ms while somebody speaks \
        (syllables of noise). While nobody does, four frames go together. The microphone is a \
        real ALSA PCM, on the monitor of a \
        private sound server's null sink.
        """),
    LimitsRow(
      what: "end of speech → first sample of the reply", goal: "≤ hangover + 120 ms, p50 (520 ms)",
      judged: ["reply.after_speech", "reply.unanswered"],
      value: {
        "\($0.text("reply.after_speech")) ms p50, \($0.text("reply.after_speech.p90")) ms p90; end of utterance "
          + "after \($0.text("reply.endpoint")) ms, transcript after \($0.text("reply.transcript")) ms"
      },
      method: """
        16 commands, each after the wake phrase, in a recorded voice over noise \
        at −52 dBFS, to the offline worker; \
        hangover 400 ms. The sound server is bit exact, so the command's last \
        sample (40 dB below its peak) is \
        known in the captured stream; the end is the first write to the loudspeaker's PCM.
        """),
  ]

  private static let program = [
    LimitsRow(
      what: "idle with the microphone off", goal: "1 thread, 0 wake-ups, 0.0 % CPU",
      judged: ["idle.mtor.threads", "idle.mtor.wakeups", "idle.mtor.cpu"],
      value: {
        "\($0.text("idle.mtor.threads")) thread, \($0.text("idle.mtor.wakeups")) wake-ups, "
          + "\($0.text("idle.mtor.cpu", decimals: 1)) % CPU in \($0.text("idle.mtor.seconds")) s, "
          + "PSS \($0.text("idle.mtor.pss", decimals: 1)) MiB"
      },
      method: """
        `mtor run` on the sample configuration without microphone, its speech \
        worker ready for replies; threads, \
        context switches of all threads and CPU time, from /proc. systemd's watchdog is not on.
        """),
    LimitsRow(
      what: "listening", goal: "≤ 0.5 % of a core, PSS ≤ 12 MiB",
      judged: ["listening.mtor.cpu", "listening.mtor.pss"],
      value: {
        "\($0.text("listening.mtor.cpu", decimals: 2)) % in \($0.text("listening.mtor.seconds")) s (the loop's thread "
          + "\($0.text("listening.mtor.loop_cpu", decimals: 2)) %; arecord on the same PCM "
          + "\($0.text("listening.arecord.cpu", decimals: 2)) %), "
          + "PSS \($0.text("listening.mtor.pss", decimals: 1)) MiB; mtor-speech "
          + "\($0.text("listening.mtor_speech.cpu", decimals: 2)) %, "
          + "PSS \($0.text("listening.mtor_speech.pss", decimals: 1)) MiB"
      },
      method: """
        `mtor run`, 20 ms periods of noise at −52 dBFS, all of it to the wake \
        engine in `mtor-speech`, four frames at a time; CPU time of \
        the process. It includes the thread of ALSA's plugin for the \
        sound server, which a sound card \
        does not need; so does `arecord`, which reads the same microphone into /dev/null at the same time.
        """),
    LimitsRow(
      what: "start → ready", goal: "≤ 50 ms; ≤ 400 ms with the speech worker",
      judged: ["start.ready", "start.ready_with_worker"],
      value: {
        "\($0.text("start.ready")) ms; \($0.text("start.ready_with_worker")) ms"
      },
      method: """
        from before the fork to systemd's READY=1; with the microphone on, \
        until the worker has loaded its models \
        and is connected, so that a wake phrase would be heard. Files are in the page cache.
        """),
    LimitsRow(
      what: "binary, stripped, static Swift runtime", goal: "≤ 18 MiB",
      judged: ["size.mtor", "size.mtor-speech"],
      value: {
        "`mtor` \($0.text("size.mtor", decimals: 1)) MiB, `mtor-speech` \($0.text("size.mtor-speech", decimals: 1)) MiB"
      },
      method: "the files that `make build` makes."),
  ]

  private static let realms = [
    LimitsRow(
      what: "an intent: queue, choice of a worker, settlement", goal: "≤ 5 µs, flat within 20 %, ≤ 4 KiB",
      judged: [
        "intents.throughput", "intents.10000_queued", "intents.100_workers", "intents.memory_in_flight",
      ],
      value: {
        "\(microseconds(of: $0, "intents.throughput")) µs; with 10,000 queued "
          + "\($0.text("intents.10000_queued", "ratio", decimals: 2)) × that with 10, with 100 workers "
          + "\($0.text("intents.100_workers", "ratio", decimals: 2)) × that with one; "
          + "\($0.text("intents.memory_in_flight")) bytes beyond its payload; "
          + "\($0.text("intents.allocations", decimals: 2)) allocations"
      },
      method: """
        50,000 intents a round in one process, 16 in flight and 1,000 queued; \
        processor time. Memory: heap of 1,000 intents in flight.
        """),
    LimitsRow(
      what: "four equal workers of 0.5 s, 16 clients", goal: "≥ 7.8 of 8 answers/s, each within 10 %",
      judged: ["realms.four_workers.lost", "realms.four_workers.spread"],
      value: {
        "\($0.text("realms.four_workers.rate", decimals: 2)) answers/s; the worker farthest from its share "
          + "\($0.text("realms.four_workers.spread", decimals: 1)) % off"
      },
      method: "four processes that do one request at a time over HTTP, 10 s after 2 s of start."),
    LimitsRow(
      what: "one of two workers killed under load", goal: "no intent lost; only probes for the dead one",
      judged: ["realms.killed.unanswered", "realms.killed.asked_later"],
      value: {
        "\($0.text("realms.killed.unanswered")) lost of \($0.text("realms.killed.completed")); asked "
          + "\($0.text("realms.killed.asked_until_known")) times until it was known to be dead, "
          + "\($0.text("realms.killed.asked_later")) times in the 10 s after"
      },
      method: "two processes of 0.1 s, four clients, SIGKILL to one after a second."),
    LimitsRow(
      what: "an intent → a worker that answers at once over HTTP → its outcome",
      goal: "≤ 1.2 × libcurl's multi interface in a loop of C", judged: ["http.sequential"],
      value: {
        "\($0.text("http.sequential", "ratio", decimals: 2)) × (\(microseconds($0, "http.sequential")))"
      },
      method: """
        medians of 300 requests a round, one after the other over one connection; \
        both sides ask a server in C on another thread.
        """),
    LimitsRow(
      what: "1,000 intents in flight over HTTP", goal: "p99 ≤ 5 ms beyond the worker, ≤ 4 KiB each",
      judged: ["http.in_flight.failed", "http.in_flight.overhead_p99", "http.in_flight.memory"],
      value: {
        "p50 \($0.text("http.in_flight.overhead_p50", decimals: 2)), "
          + "p99 \($0.text("http.in_flight.overhead_p99", decimals: 1)) ms; "
          + "\($0.text("http.in_flight.memory")) bytes of heap each beyond libcurl's own "
          + "\($0.text("http.in_flight.memory_libcurl"))"
      },
      method: """
        a worker that holds each request for 4 s, 250 intents/s for 8 s; how long \
        it was held is in its answer. libcurl's own: as many requests under way in C.
        """),
    LimitsRow(
      what: "the first sentence of a chat → its first sample", goal: "≤ 50 ms after the sentence",
      judged: ["chat.first_sample"],
      value: {
        "\($0.text("chat.first_sample")) ms after its last word, "
          + "\($0.text("chat.first_sample.after_first_word")) ms after the first one"
      },
      method: """
        a spoken question, a worker that writes a word every 40 ms, `mtor-speech`'s voice; \
        from the send of the sentence's last word to the sound device.
        """),
  ]

  private static let store = [
    LimitsRow(
      what: "a row of the journal, from the call to the answer that it is on the medium",
      goal: "≤ 1.15 × sqlite3 in C, p50 and p99",
      judged: ["store.append_now.p50", "store.append_now.p99"],
      value: {
        "\($0.text("store.append_now.p50", "ratio", decimals: 2)) × p50 (\($0.text("store.append_now.p50")) "
          + "against \($0.text("store.append_now.p50", "baseline")) µs), "
          + "\($0.text("store.append_now.p99", "ratio", decimals: 2)) × p99"
      },
      method: """
        8,000 rows a round, one at a time, on the same file system, in turns of 1,000; the \
        row in C has the same columns in one table, no chain, no thread of its own.
        """),
    LimitsRow(
      what: "written by an idle node", goal: "≤ 1 MiB a day", judged: ["store.idle_bytes_per_day"],
      value: { "\($0.text("store.idle_bytes_per_day")) bytes a day" },
      method: "`write_bytes` of /proc, 3 s after start, with a store; one interval, times its share of a day."
    ),
    LimitsRow(
      what: "a page of 50 entries of a history of 1,000,000", goal: "≤ 2 × that of 1,000",
      judged: ["store.history_page"],
      value: {
        "\($0.text("store.history_page", "ratio", decimals: 2)) × (\($0.text("store.history_page")) against "
          + "\($0.text("store.history_page", "baseline")) µs)"
      },
      method: "five pages of one of three realms, the latest first, read by another connection."),
    LimitsRow(
      what: "verification of a journal", goal: "≥ 0.3 million rows/s", judged: ["store.verify"],
      value: { measured in
        let rate = measured.number("store.verify").map { format(1e9 / $0 / 1e6, decimals: 2) }
        return "\(rate ?? "?") million rows/s"
      },
      method: "200,000 rows in the page cache: each hash made anew, chain and head compared."),
    LimitsRow(
      what: "edge → rule → action with 1,000 rules loaded", goal: "≤ 1.1 × that with 10",
      judged: ["automation.edge_to_action"],
      value: {
        "\($0.text("automation.edge_to_action", "ratio", decimals: 2)) × "
          + "(\(microseconds(of: $0, "automation.edge_to_action")) µs)"
      },
      method: "20,000 presses a round through the engine, of ten buttons in turn, each switching a lamp."),
  ]

  private static func microseconds(of measured: Measured, _ name: String) -> String {
    measured.number(name).map { format($0 / 1000, decimals: 2) } ?? "not measured"
  }

  private static func microseconds(_ measured: Measured, _ name: String) -> String {
    func text(_ field: String) -> String {
      measured.number(name, field).map { format($0 / 1000, decimals: 1) } ?? "?"
    }
    return "\(text("value")) against \(text("baseline")) µs"
  }
}
