// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import ALSA

@Suite struct ALSATests {
  @Test(
    arguments: [
      ("card:Device", ["hw:CARD=Device,DEV=0", "plughw:CARD=Device,DEV=0"], "Device", 0),
      (
        "card:Loopback,1,2", ["hw:CARD=Loopback,DEV=1,SUBDEV=2", "plughw:CARD=Loopback,DEV=1,SUBDEV=2"],
        "Loopback", 1
      ),
      ("hw:CARD=PCH,DEV=3", ["hw:CARD=PCH,DEV=3"], "PCH", 3),
      ("plughw:1,7", ["plughw:1,7"], "1", 7),
      ("default", ["default"], nil, 0),
      ("card:", ["card:"], nil, 0),
    ] as [(String, [String], String?, Int)])
  func aNameSaysWhichCardAndWhatToOpen(text: String, candidates: [String], card: String?, device: Int) {
    let name = PCMName(text)
    #expect(name.candidates == candidates)
    #expect(name.card == card)
    #expect(name.device == device)
  }

  @Test func anUnknownPCMNamesTheNearest() {
    let wish = PCMWish(rateHz: 16_000, channels: 1, period: .milliseconds(20), buffer: .milliseconds(400))
    do throws(ALSAError) {
      _ = try PCM.open("defualt", .capture, wish)
      Issue.record("'defualt' was opened")
    } catch {
      #expect(error.kind == .notFound)
      #expect(error.text.hasPrefix("microphone defualt: no such device. Did you mean 'default'"))
    }
  }

  @Test func aCardThatIsNotThereIsNotFound() {
    let wish = PCMWish(rateHz: 16_000, channels: 1, period: .milliseconds(20), buffer: .milliseconds(400))
    do throws(ALSAError) {
      _ = try PCM.open("card:NoSuchCardAnywhere", .playback, wish)
      Issue.record("the card was opened")
    } catch {
      #expect(error.kind == .notFound)
      #expect(error.text.hasPrefix("speaker card:NoSuchCardAnywhere: no such device."))
    }
  }

  @Test func aMixerOfNoCardIsNotFound() {
    do throws(ALSAError) {
      _ = try Mixer.open(for: "card:NoSuchCardAnywhere")
      Issue.record("the mixer was opened")
    } catch {
      #expect(error.kind == .notFound)
    }
  }

  @Test func parametersAreOneLineForPeople() {
    let parameters = PCMParameters(
      device: "hw:CARD=Device,DEV=0", rateHz: 44_100, channels: 2, format: .s24Packed, periodFrames: 1024,
      bufferFrames: 17_640)
    #expect(
      parameters.description == "hw:CARD=Device,DEV=0: 44100 Hz, 2 channels, S24_3LE, "
        + "period 1024 frames (23.2 ms), buffer 17640 (400 ms)")
  }
}
