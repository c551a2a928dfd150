// SPDX-License-Identifier: Apache-2.0

/// One thing that happens in the demo and what is expected of it.
public struct DemoScene: Sendable {
  public enum Event: Sendable {
    /// Somebody says this, with the wake phrase first or not.
    case speech(voice: Int, wake: Bool, String)
    /// Somebody presses this button.
    case button(String)
  }

  public var event: Event
  /// The command understood; nil: none.
  public var command: String?
  /// Steps that must be done, in this order, and no others.
  public var actions: [String]
  /// What is replied, or how the reply begins; nil: nothing.
  public var reply: String?
  /// The failure sound is to be heard: said to us, but not understood.
  public var isRejected = false

  init(
    _ event: Event, command: String? = nil, actions: [String] = [], reply: String? = nil,
    isRejected: Bool = false
  ) {
    self.event = event
    self.command = command
    self.actions = actions
    self.reply = reply
    self.isRejected = isRejected
  }
}

/// What the demo plays, for the sample configuration.
public enum DemoScript {
  public static let wakePhrase = "hey jarvis"

  public static let scenes: [DemoScene] = [
    DemoScene(
      .speech(voice: 0, wake: true, "turn on the kitchen light"), command: "light_on",
      actions: ["kitchen_light on"], reply: "The kitchen light is on."),
    DemoScene(
      .speech(voice: 1, wake: true, "turn the living room light on"), command: "light_on",
      actions: ["living_room_light on"], reply: "The living room light is on."),
    DemoScene(.speech(voice: 0, wake: false, "the museum is closed on mondays but the gift shop stays open")),
    DemoScene(.speech(voice: 1, wake: true, "what time is it"), command: "time", reply: "It is "),
    DemoScene(
      .button("doorbell"), actions: ["blink porch_light 5 times"], reply: "Somebody is at the door."),
    DemoScene(
      .speech(voice: 0, wake: true, "start the coffee machine"), command: "device_on",
      actions: ["coffee_machine on"], reply: "The coffee machine is on."),
    DemoScene(.speech(voice: 1, wake: true, "my sister is coming on friday"), isRejected: true),
    DemoScene(
      .speech(voice: 0, wake: true, "good night"), command: "good_night",
      actions: ["kitchen_light off", "living_room_light off", "heater off", "bedroom_light on"],
      reply: "Good night. Sleep well."),
  ]
}
