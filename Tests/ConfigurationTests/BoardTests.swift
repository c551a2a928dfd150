// SPDX-License-Identifier: Apache-2.0
import Automation
import TestSupport
import Testing

@testable import Configuration

@Suite struct BoardTests {
  private let profiles = BoardCatalog(directories: [Repository.path("boards")])

  @Test func everyProfileOfTheRepositoryIsGoodAndTakesTheSample() throws {
    let reader = ConfigurationReader(boards: profiles)
    #expect(profiles.names().count >= 6)
    for board in profiles.names() {
      let settings = try reader.read(text: ConfigurationTexts.sample, name: "sample", board: board)
      #expect(settings.board == board)
      #expect(!settings.profile.description.isEmpty)
    }
  }

  @Test func theBuiltInProfilesEqualTheirFiles() throws {
    for (name, text) in BuiltInBoards.texts {
      let file = try String(decoding: TextFile.read(Repository.path("boards/\(name).yml")), as: UTF8.self)
      #expect(text == file)
    }
  }

  @Test func theUsersFileGoesOverTheProfile() throws {
    let reader = ConfigurationReader(boards: profiles)
    let text = "gpio: {a: {input: GPIO17}, b: {input: x, chip: other}}\nmicrophone: {device: \"hw:1\"}"
    let settings = try reader.read(text: text, name: "f", board: "raspberry-pi-5")
    #expect(settings.lines.map(\.chip) == ["pinctrl-rp1", "other"])
    #expect(settings.microphone.source == .alsa("hw:1"))
  }

  @Test(arguments: [
    (
      "gpio: {a: {input: GPIO117}}",
      "f:1: gpio.a.input: board raspberry-pi-5 has no 'GPIO117'. Did you mean 'GPIO11'?"
    ),
    ("gpio: {a: {led: act}}", "f:1: gpio.a.led: board raspberry-pi-5 has no 'act'. Did you mean 'ACT'?"),
    (
      "gpio:\n  a: {input: GPIO17}\n  b: {output: 17}",
      "f:3: gpio.b.output: '17' is already used by gpio.a (line 2). A line has one owner."
    ),
  ])
  func linesThatTheBoardHasNotAreTold(_ text: String, _ problem: String) {
    let reader = ConfigurationReader(boards: profiles)
    let problems = thrown(ConfigurationProblems.self) {
      try reader.read(text: text, name: "f", board: "raspberry-pi-5")
    }
    #expect(problems?.description == problem)
  }

  @Test func anUnknownBoardIsToldWhereItWasNamed() {
    let reader = ConfigurationReader(boards: profiles)
    let rows: [(String, String?, String)] = [
      (
        "board: raspbery-pi-5", nil,
        "f:1: board: 'raspbery-pi-5': no such board. Did you mean 'raspberry-pi-5'?"
      ),
      ("", "../../etc/passwd", "f: --board: '../../etc/passwd': no such board. Known:"),
    ]
    for (text, board, problem) in rows {
      let problems = thrown(ConfigurationProblems.self) {
        try reader.read(text: text, name: "f", board: board)
      }
      #expect(problems?.description.hasPrefix(problem) == true, "\(problems?.description ?? "")")
    }
  }

  @Test func mistakesInAProfileAreToldWithItsFile() throws {
    let directory = TemporaryDirectory()
    let file = directory.write("own.yml", "description: mine\nchpi: x\n")
    let reader = ConfigurationReader(boards: BoardCatalog(directories: [directory.path]))
    let problems = thrown(ConfigurationProblems.self) {
      try reader.read(text: "board: own", name: "f")
    }
    #expect(problems?.description == "\(file):2: unknown key 'chpi'. Did you mean 'chip'?")
  }

  @Test func filesThatCannotBeReadAreToldAsSuch() throws {
    let directory = TemporaryDirectory()
    let reader = ConfigurationReader(boards: profiles)
    for (path, text) in [
      ("/nowhere/mtor.yml", "there is no such file."),
      (directory.path, "is a directory; name the file in it."),
    ] {
      let problems = thrown(ConfigurationProblems.self) { try reader.read(file: path) }
      #expect(problems?.description == "\(path): \(text)")
      #expect(problems?.isUnreadable == true)
    }
  }
}
