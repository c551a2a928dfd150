// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Configuration

@Suite struct SampleTests {
  private let reader = ConfigurationReader(boards: BoardCatalog(directories: []))

  @Test func theSampleIsAGoodConfigurationAndItsCommentedValuesAreTheDefaults() throws {
    let settings = try reader.read(text: ConfigurationTexts.sample, name: "sample")
    #expect(settings.commands.count >= 12)
  }
}
