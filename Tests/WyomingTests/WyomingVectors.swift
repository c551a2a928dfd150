// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing
import Wyoming

/// Exchanges recorded between Home Assistant, wyoming-satellite and a wake word service.
struct WyomingVector: Sendable, CustomTestStringConvertible {
  var event: WyomingEvent
  var version: String
  var bytes: String

  var testDescription: String { event.frame.type }

  static let all: [WyomingVector] = [
    .init(.describe, "1.10.2", #"{"type": "describe", "version": "1.10.2"}"# + "\n"),
    .init(
      .other(
        WyomingFrame(
          "info",
          [
            "asr": [], "tts": [], "handle": [], "intent": [], "wake": [],
            "satellite": [
              "name": "bench", "attribution": ["name": "", "url": ""], "installed": true,
              "description": "bench", "version": "1.4.1", "area": nil, "snd_format": nil,
            ],
          ])), "1.5.4",
      #"{"type": "info", "version": "1.5.4", "data_length": 231}"# + "\n"
        + #"{"asr": [], "tts": [], "handle": [], "intent": [], "wake": [], "satellite": {"name": "bench", "#
        + #""attribution": {"name": "", "url": ""}, "installed": true, "description": "bench", "#
        + #""version": "1.4.1", "area": null, "snd_format": null}}"#),
    .init(.runSatellite, "1.10.2", #"{"type": "run-satellite", "version": "1.10.2"}"# + "\n"),
    .init(
      .other(
        WyomingFrame(
          "run-pipeline",
          [
            "start_stage": "wake", "end_stage": "tts", "restart_on_end": true,
            "snd_format": ["rate": 22050, "width": 2, "channels": 1],
          ])), "1.5.4",
      #"{"type": "run-pipeline", "version": "1.5.4", "data_length": 125}"# + "\n"
        + #"{"start_stage": "wake", "end_stage": "tts", "restart_on_end": true, "#
        + #""snd_format": {"rate": 22050, "width": 2, "channels": 1}}"#),
    .init(
      .ping(), "1.10.2",
      #"{"type": "ping", "version": "1.10.2", "data_length": 14}"# + "\n" + #"{"text": null}"#),
    .init(
      .pong(), "1.5.4",
      #"{"type": "pong", "version": "1.5.4", "data_length": 14}"# + "\n" + #"{"text": null}"#),
    .init(
      .detect(names: ["ok_nabu"]), "1.5.4",
      #"{"type": "detect", "version": "1.5.4", "data_length": 22}"# + "\n"
        + #"{"names": ["ok_nabu"]}"#),
    .init(
      .audioStart(WyomingAudio(.speech)), "1.5.4",
      #"{"type": "audio-start", "version": "1.5.4", "data_length": 61}"# + "\n"
        + #"{"rate": 16000, "width": 2, "channels": 1, "timestamp": null}"#),
    .init(
      .detection(name: "ok_nabu", timestamp: 0), "1.10.2",
      #"{"type": "detection", "version": "1.10.2", "data_length": 52}"# + "\n"
        + #"{"name": "ok_nabu", "timestamp": 0, "speaker": null}"#),
    .init(
      .transcribe(language: "en"), "1.10.2",
      #"{"type": "transcribe", "version": "1.10.2", "data_length": 18}"# + "\n"
        + #"{"language": "en"}"#),
    .init(
      .voiceStarted(timestamp: 1000), "1.10.2",
      #"{"type": "voice-started", "version": "1.10.2", "data_length": 19}"# + "\n"
        + #"{"timestamp": 1000}"#),
    .init(
      .voiceStopped(timestamp: 2500), "1.10.2",
      #"{"type": "voice-stopped", "version": "1.10.2", "data_length": 19}"# + "\n"
        + #"{"timestamp": 2500}"#),
    .init(
      .transcript(text: "turn on the light"), "1.10.2",
      #"{"type": "transcript", "version": "1.10.2", "data_length": 29}"# + "\n"
        + #"{"text": "turn on the light"}"#),
    .init(
      .synthesize(text: "Turned on the light", voice: WyomingVoice(name: "en_US-lessac-medium")),
      "1.10.2",
      #"{"type": "synthesize", "version": "1.10.2", "data_length": 73}"# + "\n"
        + #"{"text": "Turned on the light", "voice": {"name": "en_US-lessac-medium"}}"#),
    .init(
      .audioStop(timestamp: 46), "1.10.2",
      #"{"type": "audio-stop", "version": "1.10.2", "data_length": 17}"# + "\n"
        + #"{"timestamp": 46}"#),
    .init(.played, "1.5.4", #"{"type": "played", "version": "1.5.4"}"# + "\n"),
    .init(
      .other(
        WyomingFrame(
          "timer-started", ["id": "abc", "total_seconds": 60, "name": "pizza", "start_minutes": 1])),
      "1.10.2",
      #"{"type": "timer-started", "version": "1.10.2", "data_length": 71}"# + "\n"
        + #"{"id": "abc", "total_seconds": 60, "name": "pizza", "start_minutes": 1}"#),
    .init(
      .error(text: "no text recognized", code: "stt-no-text-recognized"), "1.10.2",
      #"{"type": "error", "version": "1.10.2", "data_length": 64}"# + "\n"
        + #"{"text": "no text recognized", "code": "stt-no-text-recognized"}"#),
    .init(.pauseSatellite, "1.10.2", #"{"type": "pause-satellite", "version": "1.10.2"}"# + "\n"),
  ]

  /// A chunk of each recorded kind: header with data, and the length of the payload.
  static let chunks: [(header: String, version: String, timestamp: Int64?, rateHz: Int, payload: Int)] = [
    (
      #"{"type": "audio-chunk", "version": "1.5.4", "data_length": 70, "payload_length": 2048}"#
        + "\n"
        + #"{"rate": 16000, "width": 2, "channels": 1, "timestamp": 4059041492152}"#,
      "1.5.4", 4_059_041_492_152, 16_000, 2048
    ),
    (
      #"{"type": "audio-chunk", "version": "1.10.2", "data_length": 58, "payload_length": 2048}"#
        + "\n"
        + #"{"rate": 22050, "width": 2, "channels": 1, "timestamp": 0}"#,
      "1.10.2", 0, 22_050, 2048
    ),
    (
      #"{"type": "audio-chunk", "version": "1.5.4", "data_length": 61, "payload_length": 64000}"#
        + "\n"
        + #"{"rate": 16000, "width": 2, "channels": 1, "timestamp": null}"#,
      "1.5.4", nil, 16_000, 64_000
    ),
  ]

  init(_ event: WyomingEvent, _ version: String, _ bytes: String) {
    self.event = event
    self.version = version
    self.bytes = bytes
  }
}
