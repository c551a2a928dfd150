// SPDX-License-Identifier: Apache-2.0

/// Every subcommand, in the order of the help. Each is defined in its own file: `CheckCommand.swift`
/// has `static let check`.
enum Commands {
  static let all: [Command] = [
    run, demo, check, config, devices, status, tasks, tasksApprove, tasksRefuse, tasksCancel,
    tasksRetry, automationTest, automationTrigger, why, listen, ask, say, record, gpioGet, gpioSet, gpioWatch,
    gpioSafe, gpioPress, realms, realmsAdd, realmsChange, realmsRemove, workers,
    workersAdd, workersRemove, workersDrain, workersProbe, workerProbe,
    log, logVerify, logLevel, history, statistics,
    backup, restore, reload, version, help, completion, generate,
  ]
}
