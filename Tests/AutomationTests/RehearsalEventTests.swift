// SPDX-License-Identifier: Apache-2.0
import Automation
import JSON
import TestSupport
import Testing

@Suite struct RehearsalEventTests {
  static let bad: [(JSONObject, String)] = [
    (["when": "start"], "unknown member 'when'. There are answer, approve, at, cancel, clock"),
    (["at": "5"], "'at' is a time with its unit: \"90s\", \"5min\", \"2h\", \"1d\""),
    (["at": 5], "'at' is a time with its unit"), (["clock": "1e300h"], "'clock' is a time with its unit"),
    (["restart": "soon"], "'restart' is a time with its unit"),
    (["trigger": "door"], "'door' is not a trigger"),
    (["value": "door", "is": 1], "'door' is not a trigger"),
    (["value": "sensor.cellar"], "'sensor.cellar' needs a value: \"is\""),
    (["value": "gpio.door.press", "is": 1], "'gpio.door.press' needs a value: \"is\""),
    (["approve": "all"], "'approve' takes the number of a run"), (["retry": -1], "'retry' takes the number"),
  ]

  @Test(arguments: bad) func aWrongEventSaysWhatIsRight(_ json: JSONObject, _ text: String) {
    let error = thrown(RehearsalEvent.BadEvent.self) { try RehearsalEvent(json) }
    #expect(error?.description.hasPrefix(text) == true, "\(error?.description ?? "")")
  }
}
