// swift-tools-version: 6.0
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

/// `MTOR_NO_GPL=1 swift build` leaves eSpeak NG (GPL-3) out of `mtor-speech`; flite then speaks alone.
let withoutGPL = Context.environment["MTOR_NO_GPL"] == "1"

/// `MTOR_FUZZ=1` adds the fuzzers' program, which links only with the fuzzer's runtime: scripts/fuzz.
let withFuzzers = Context.environment["MTOR_FUZZ"] == "1"

/// For the loop: tests, which are built for debugging, check that accesses do not overlap; per event it costs
/// more than all the rest of a turn. Without it Swift 6.0 closes descriptors that an object still holds.
#if compiler(>=6.1)
  let unchecked: String? = "-enforce-exclusivity=unchecked"
#else
  let unchecked: String? = nil
#endif

let espeak: [SwiftSetting] = withoutGPL ? [] : [.define("ESPEAK_NG")]

// One C module per C library. `shim.h` holds only what Swift cannot import.
let cModules: [Target] = [
  .target(name: "CLinux"),
  .systemLibrary(name: "CALSA", pkgConfig: "alsa", providers: [.apt(["libasound2-dev"])]),
  .target(name: "CGPIOD", linkerSettings: [.linkedLibrary("gpiod")]),
  .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
  .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
  .systemLibrary(name: "CNettle", pkgConfig: "hogweed", providers: [.apt(["nettle-dev"])]),
  .systemLibrary(name: "CSpeexDSP", pkgConfig: "speexdsp", providers: [.apt(["libspeexdsp-dev"])]),
  .target(
    name: "CPocketSphinx",
    // The library's headers include each other without their folder's name.
    cSettings: [.unsafeFlags(["-I/usr/include/pocketsphinx"])],
    linkerSettings: [.linkedLibrary("pocketsphinx"), .linkedLibrary("sphinxbase")]),
  // These load their libraries when they are first needed, so there is nothing to link.
  .target(name: "CCurl"),
  .target(name: "CMicroHTTPD"),
  .systemLibrary(name: "CFlite", providers: [.apt(["flite1-dev"])]),
]

let gplModules: [Target] = [
  .systemLibrary(name: "CEspeakNG", pkgConfig: "espeak-ng", providers: [.apt(["libespeak-ng-dev"])])
]

// Who may import whom: docs/architecture.md. Checked by `make check`.
let foundations: [Target] = [
  .target(name: "Time"),
  .target(name: "Spelling"),
  .target(name: "Posix", dependencies: ["CLinux"]),
  .target(name: "Log", dependencies: ["CLinux", "Posix", "Spelling", "Time"]),
  .target(
    name: "Loop", dependencies: ["CLinux", "Posix", "Time"],
    swiftSettings: unchecked.map { [.unsafeFlags([$0], .when(configuration: .release))] } ?? []),
]

let wrappers: [Target] = [
  .target(name: "ALSA", dependencies: ["CALSA", "Spelling"]),
  .target(name: "GPIO", dependencies: ["CGPIOD", "Spelling"]),
  .target(name: "Camera", dependencies: ["CLinux"]),
  .target(name: "DSP", dependencies: ["CSpeexDSP"]),
  .target(name: "YAML", dependencies: ["CYAML", "Spelling"]),
  .target(name: "JSON"),
  .target(name: "HTTPClient", dependencies: ["CCurl"]),
  .target(name: "HTTPServer", dependencies: ["CMicroHTTPD"]),
  .target(name: "SQLite", dependencies: ["CSQLite"]),
  .target(name: "Crypto", dependencies: ["CNettle"]),
  .target(name: "PocketSphinx", dependencies: ["CPocketSphinx"]),
  .target(
    name: "Synthesis",
    dependencies: ["CFlite"] + (withoutGPL ? [] : ["CEspeakNG"]),
    swiftSettings: espeak),
]

let pure: [Target] = [
  .target(name: "Intents", dependencies: ["Time"]),
  .target(name: "Speech", dependencies: ["Intents", "Spelling", "Time"]),
  .target(name: "Automation", dependencies: ["Intents", "JSON", "Spelling", "Time"]),
  .target(name: "Wyoming", dependencies: ["JSON"]),
]

let application: [Target] = [
  .target(
    name: "Configuration",
    dependencies: ["YAML", "Automation", "Intents", "Posix", "Speech", "Spelling", "Time"]),
  .target(
    name: "Store",
    dependencies: ["CLinux", "Crypto", "JSON", "Log", "Loop", "Posix", "SQLite", "Time"]),
  .target(name: "WyomingTransport", dependencies: ["Loop", "Posix", "Time", "Wyoming"]),
  .target(name: "HTTPTransport", dependencies: ["HTTPClient", "Loop", "Posix", "Time"]),
  .target(
    name: "Workers",
    dependencies: [
      "HTTPClient", "HTTPTransport", "Intents", "JSON", "Log", "Loop", "Posix", "Speech", "Spelling", "Time",
      "Wyoming", "WyomingTransport",
    ]),
  .target(
    name: "Runtime",
    dependencies: [
      "ALSA", "Automation", "Camera", "Configuration", "Crypto", "DSP", "GPIO", "HTTPClient",
      "HTTPServer", "HTTPTransport", "Intents", "JSON", "Log", "Loop", "Posix", "Speech", "Spelling",
      "Store", "Time", "Workers", "Wyoming",
    ]),
  .target(
    name: "Simulation",
    dependencies: [
      "Automation", "Configuration", "Log", "Loop", "Posix", "Runtime", "Speech", "Spelling", "Time",
      "Workers", "Wyoming",
    ]),
  .target(
    name: "Simulator",
    dependencies: [
      "Automation", "Configuration", "Intents", "JSON", "Log", "Loop", "Posix", "Runtime", "Simulation",
      "Speech", "Spelling", "Store", "Time", "Wyoming",
    ]),
  .target(
    name: "SpeechWorker",
    dependencies: [
      "DSP", "JSON", "Log", "Loop", "PocketSphinx", "Posix", "Speech", "Synthesis", "Time", "Wyoming",
      "WyomingTransport",
    ],
    swiftSettings: espeak),
  .executableTarget(
    name: "mtor",
    dependencies: [
      "ALSA", "Automation", "Camera", "Configuration", "Crypto", "GPIO", "JSON", "Log", "Loop", "Posix",
      "Runtime", "Simulation", "Speech", "Spelling", "SQLite", "Store", "Time", "YAML",
    ]),
  .executableTarget(
    name: "accuracy", dependencies: ["PocketSphinx", "Speech", "SpeechWorker", "Time"],
    path: "Benchmarks/accuracy",
    exclude: ["accuracy.py", "commands.txt", "corpus.py", "mix.py", "three.txt", "voices.py"]),
  .executableTarget(name: "mtor-speech", dependencies: ["SpeechWorker"]),
  .executableTarget(name: "mtor-sim", dependencies: ["Simulator"]),
]

let tests: [Target] = [
  .target(name: "CInstruments", path: "Tests/CInstruments"),
  .target(
    name: "TestSupport",
    dependencies: ["CInstruments", "CLinux", "Loop", "Posix", "Time", "Wyoming", "WyomingTransport"],
    path: "Tests/TestSupport", exclude: ["start.py"]),
  .target(
    name: "CFaultVFS", path: "Tests/CFaultVFS", linkerSettings: [.linkedLibrary("sqlite3")]),
  .testTarget(
    name: "StoreTests",
    dependencies: [
      "CFaultVFS", "CInstruments", "Crypto", "JSON", "Log", "Loop", "Posix", "SQLite", "Store",
      "TestSupport", "Time",
    ]),
  .testTarget(
    name: "LoopTests",
    dependencies: ["CInstruments", "CLinux", "Loop", "Log", "Posix", "TestSupport", "Time"]),
  .testTarget(
    name: "AudioTests",
    dependencies: [
      "ALSA", "Configuration", "DSP", "Intents", "Loop", "Posix", "Runtime", "Speech", "TestSupport", "Time",
    ]),
  .testTarget(name: "SpeechTests", dependencies: ["Speech", "TestSupport", "Time"]),
  .testTarget(name: "IntentsTests", dependencies: ["Intents", "TestSupport", "Time"]),
  .target(
    name: "AutomationOracle", dependencies: ["Automation", "Time"], path: "Tests/AutomationOracle"),
  .executableTarget(
    name: "automation-writer", dependencies: ["Automation", "AutomationOracle", "JSON", "Loop", "Store"],
    path: "Tests/AutomationWriter"),
  .testTarget(
    name: "AutomationTests",
    dependencies: ["Automation", "AutomationOracle", "JSON", "TestSupport", "Time"]),
  .testTarget(
    name: "ConfigurationTests",
    dependencies: ["Automation", "Configuration", "JSON", "Spelling", "TestSupport", "Time", "YAML"]),
  .testTarget(
    name: "WyomingTests",
    dependencies: [
      "JSON", "Loop", "Posix", "TestSupport", "Time", "Workers", "Wyoming", "WyomingTransport",
    ],
    exclude: ["Peers"]),
  .testTarget(
    name: "HTTPTests", dependencies: ["HTTPClient", "HTTPTransport", "Loop", "Posix", "TestSupport", "Time"],
    exclude: ["Servers"]),
  .testTarget(
    name: "WorkersTests",
    dependencies: [
      "HTTPClient", "HTTPTransport", "Intents", "JSON", "Loop", "TestSupport", "Time", "Workers",
    ],
    exclude: ["Servers"]),
  .testTarget(
    name: "SpeechWorkerTests",
    dependencies: [
      "Loop", "PocketSphinx", "Posix", "Speech", "SpeechWorker", "Synthesis", "TestSupport", "Time",
      "Workers", "Wyoming", "WyomingTransport", "mtor-speech",
    ]),
  .testTarget(
    name: "RuntimeTests",
    dependencies: [
      "Automation", "Configuration", "HTTPClient", "HTTPServer", "HTTPTransport", "Intents", "JSON", "Log",
      "Loop", "Posix", "Runtime", "Simulation", "Speech", "Store", "TestSupport", "Time", "Workers",
    ],
    exclude: ["Servers"]),
  .testTarget(
    name: "EndToEndTests",
    dependencies: [
      "AutomationOracle", "JSON", "Loop", "Posix", "Runtime", "Simulation", "Store", "Synthesis",
      "TestSupport", "Time", "Wyoming", "WyomingTransport", "Workers", "automation-writer", "mtor",
      "mtor-speech", "store-writer",
    ]),
  .executableTarget(name: "store-writer", dependencies: ["Loop", "Store"], path: "Tests/StoreWriter"),
  .testTarget(
    name: "DeviceTests",
    dependencies: [
      "ALSA", "Automation", "Camera", "Configuration", "GPIO", "JSON", "Loop", "Posix", "Runtime",
      "Simulation", "Store", "TestSupport", "Time",
    ]),
  .testTarget(name: "CommandTests", dependencies: ["Configuration", "TestSupport", "mtor"]),
  .testTarget(
    name: "SimulatorTests",
    dependencies: [
      "Automation", "Configuration", "Intents", "Loop", "Posix", "Runtime", "Simulator", "TestSupport",
      "Time", "mtor-sim",
    ]),
  .testTarget(name: "TidyTests"),
  .target(
    name: "Fuzz",
    dependencies: [
      "Automation", "Configuration", "Crypto", "HTTPClient", "HTTPServer", "Intents", "JSON", "Log",
      "PocketSphinx", "Posix", "Runtime", "Speech", "SpeechWorker", "Store", "Workers", "Wyoming", "YAML",
    ],
    path: "Tests/Fuzz/Targets"),
  .testTarget(
    name: "FuzzTests", dependencies: ["ALSA", "Fuzz", "SQLite", "Store", "TestSupport", "Time", "mtor"]),
]

/// `make faults`: workers that misbehave.
let faults: [Target] = [
  .target(name: "CFaults", path: "Tests/Faults/CFaults"),
  .executableTarget(
    name: "mtor-faults",
    dependencies: [
      "CFaults", "HTTPClient", "HTTPTransport", "Intents", "Loop", "Posix", "Runtime", "TestSupport", "Time",
      "Workers",
    ],
    path: "Tests/Faults/Program"),
]

let fuzzers: [Target] = [
  .target(name: "CLibFuzzer", path: "Tests/Fuzz/CLibFuzzer"),
  .executableTarget(name: "mtor-fuzz", dependencies: ["CLibFuzzer", "Fuzz"], path: "Tests/Fuzz/Program"),
]

/// `make bench`: figures against baselines measured in the same run.
let benchmarks: [Target] = [
  .target(
    name: "CBench", dependencies: ["CCurl", "CGPIOD"], path: "Benchmarks/CBench",
    linkerSettings: [.linkedLibrary("uv"), .linkedLibrary("sqlite3"), .linkedLibrary("microhttpd")]),
  .executableTarget(
    name: "mtor-bench",
    dependencies: [
      "Automation", "CBench", "CInstruments", "CLinux", "Configuration", "HTTPClient", "HTTPTransport",
      "Intents",
      "JSON", "Loop", "Posix", "Runtime", "Simulation", "Speech", "Store", "Time", "Workers", "Wyoming",
      "WyomingTransport",
    ],
    path: "Benchmarks/mtor-bench", exclude: ["slow_worker.py"]),
]

let package = Package(
  name: "mtor",
  products: [
    .executable(name: "mtor", targets: ["mtor"]),
    .executable(name: "mtor-speech", targets: ["mtor-speech"]),
  ],
  targets: cModules + (withoutGPL ? [] : gplModules) + foundations + wrappers + pure + application
    + benchmarks + tests + faults + (withFuzzers ? fuzzers : []))

/// The standard library's module for regular expressions is imported unless told otherwise and would add a
/// megabyte to each program; `Spelling` has the few searches that are needed.
for target in application + foundations + wrappers + pure {
  target.swiftSettings =
    (target.swiftSettings ?? []) + [
      .unsafeFlags(["-Xfrontend", "-disable-implicit-string-processing-module-import"])
    ]
}

/// What runs once at start or for a person is built small: code that was used once stays in memory.
for target in application where ["Configuration", "Simulation", "mtor"].contains(target.name) {
  target.swiftSettings =
    (target.swiftSettings ?? []) + [
      .unsafeFlags(["-Osize"], .when(configuration: .release))
    ]
}

// Swift 6.0's optimiser breaks off in this pass, here and there, over values that cannot be copied.
#if compiler(<6.1)
  for target in package.targets where target.type != .system {
    target.swiftSettings =
      (target.swiftSettings ?? []) + [
        .unsafeFlags(["-Xllvm", "-sil-disable-pass=copy-propagation"], .when(configuration: .release))
      ]
  }
#endif

/// `MTOR_STRICT=1`, as .ci/run has it: a warning is an error.
if Context.environment["MTOR_STRICT"] == "1" {
  for target in package.targets where target.type != .system {
    target.swiftSettings = (target.swiftSettings ?? []) + [.unsafeFlags(["-warnings-as-errors"])]
    target.cSettings = (target.cSettings ?? []) + [.unsafeFlags(["-Werror"])]
  }
}
