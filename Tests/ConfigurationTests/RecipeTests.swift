// SPDX-License-Identifier: Apache-2.0
import Automation
import Glibc
import JSON
import Testing

@testable import Configuration

/// The recipes of docs/automations.md do what is written beside them.
@Suite struct RecipeTests {
  struct Recipe: Sendable, CustomTestStringConvertible {
    var title: String
    var configuration: String
    var start: String
    var events: [String]
    var told: [String]
    var testDescription: String { title }
  }

  static let page = text(of: "docs/automations.md")
  static let recipes = read(page)

  @Test func thereAreFifteenAndEachIsWhole() {
    #expect(Self.recipes.count == 15)
    for recipe in Self.recipes {
      #expect(
        !recipe.configuration.isEmpty && !recipe.events.isEmpty && !recipe.told.isEmpty, "\(recipe.title)")
    }
  }

  @Test(arguments: recipes) func aRecipeDoesWhatThePageSays(_ recipe: Recipe) throws {
    let settings = try ConfigurationReader(boards: BoardCatalog(directories: [])).read(
      text: recipe.configuration, name: recipe.title)
    var rehearsal = Rehearsal(
      settings.automations, zone: .utc, start: try #require(TimeZone.utc.wall(of: recipe.start)))
    for event in recipe.events {
      rehearsal.play(try RehearsalEvent(try #require(JSONText.value(Array(event.utf8)).objectValue)))
    }
    #expect(rehearsal.lines == recipe.told)
    // What is in force reads back.
    let written = ConfigurationTexts.effective(settings)
    let again = try ConfigurationReader(boards: BoardCatalog(directories: [])).read(
      text: written, name: "written")
    #expect(again.automations == settings.automations)
  }

  @Test func thePageNamesEveryFunctionAndName() {
    for root in Expression.roots { #expect(Self.page.contains("| `\(root.name)` | \(root.meaning) |")) }
    for function in Expression.functions {
      #expect(Self.page.contains("| `\(function.name)("), "\(function.name)")
      #expect(Self.page.contains(" | \(function.meaning) |"), "\(function.name)")
    }
  }

  private static func text(of file: String) -> String {
    let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    guard let stream = fopen("/\(root)/\(file)", "r") else { return "" }
    defer { fclose(stream) }
    var bytes = [UInt8](repeating: 0, count: 1 << 18)
    return String(decoding: bytes[..<fread(&bytes, 1, bytes.count, stream)], as: UTF8.self)
  }

  private static func read(_ page: String) -> [Recipe] {
    var recipes: [Recipe] = []
    var block: String?
    for line in page.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
      if line.hasPrefix("### ") {
        recipes.append(
          Recipe(title: String(line.dropFirst(4)), configuration: "", start: "", events: [], told: []))
      } else if line.hasPrefix("```") {
        block = block == nil ? String(line.dropFirst(3)) : nil
      } else if let last = recipes.indices.last {
        switch block {
        case "yaml": recipes[last].configuration += line + "\n"
        case "json": recipes[last].events.append(line)
        case "text": recipes[last].told.append(line)
        default:
          if line.hasPrefix("From "), line.hasSuffix(" on, these events") {
            recipes[last].start = String(line.dropFirst(5).dropLast(17))
          }
        }
      }
    }
    return recipes.filter { !$0.start.isEmpty }
  }
}
