// SPDX-License-Identifier: Apache-2.0
import Automation
import Speech

extension Listening {
  /// What the voice machine is told.
  var event: VoiceEvent {
    switch self {
    case .once: .trigger(.button)
    case .hold: .trigger(.pushToTalk)
    case .release: .release
    }
  }
}
