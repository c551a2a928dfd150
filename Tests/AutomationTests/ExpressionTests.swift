// SPDX-License-Identifier: Apache-2.0
import JSON
import TestSupport
import Testing
import Time

@testable import Automation

@Suite struct ExpressionTests {
  struct Scope: ExpressionScope {
    var values: [String: JSONValue] = [
      "event": ["level": 3, "name": "Kitchen light", "list": [1, 2, 3], "text": "21.46"],
      "line": ["lamp": true, "door": false], "sensor": ["cellar": 31.5],
    ]
    // Saturday, 2026-11-21 07:05:09 UTC
    var time = CivilTime(1_795_244_709, offset: 0)
    func value(of name: String) -> JSONValue { values[name] ?? .null }
  }

  @Test(
    arguments: [
      ("1 + 2 * 3", 7), ("(1 + 2) * 3", 9), ("-2 - -3", 1), ("7 % 3", 1), ("6 / 3", 2), ("7 / 2", 3.5),
      ("1 / 0", .null), ("1 % 0", .null), ("9223372036854775807 + 1", 9.2233720368547758e18),
      ("'a' + 1", "a1"), ("'a' * 2", .null), ("event.level + 0.5", 3.5), ("event.nothing", .null),
      ("event.nothing.at.all", .null), ("event.list[0]", 1), ("event.list[-1]", 3), ("event.list[7]", .null),
      ("event['level']", 3), ("[1, 'x', true]", [1, "x", true]),
      ("1 < 2 and 2 < 3", true), ("1 < 2 or 1 / 0 > 3", true), ("not 1 == 1", false),
      ("not false and true", true),
      ("1 == 1.0", true), ("'1' == 1", false), ("null == event.none", true), ("null < 1", false),
      ("'b' > 'a'", true), ("2 in event.list", true), ("'chen' in event.name", true), ("'x' in null", false),
      ("on == line.lamp", true), ("line.door == off", true), ("sensor.cellar > 31", true),
      ("round(21.46)", 21), ("round(21.46, 1)", 21.5), ("floor(-1.5)", -2), ("ceil(1.2)", 2), ("abs(-3)", 3),
      ("min(3, 1, 2)", 1), ("max(3, 'x')", .null), ("number(event.text) + 1", 22.46), ("number('x')", .null),
      ("text(true) + text(null) + text(2.0)", "on2"), ("lower(event.name)", "kitchen light"),
      ("upper('ä')", "Ä"),
      ("trim('  a b ')", "a b"), ("length('äö')", 2), ("length(event.list)", 3), ("length(1)", .null),
      ("contains(event.list, 3)", true), ("starts('abc', 'ab')", true), ("ends('abc', 'ab')", false),
      ("replace('a.b.c', '.', '-')", "a-b-c"), ("replace('aa', '', 'x')", "aa"),
      ("default(event.none, 5)", 5),
      ("if(line.lamp, 'on', 'off')", "on"), ("now()", 1_795_244_709), ("time()", "07:05"),
      ("date()", "2026-11-21"), ("weekday()", "sat"), ("hour() * 60 + minute()", 425),
      ("minutes(5) + seconds(1)", 301), ("hours(2)", 7200), ("days(1)", 86_400), ("\"it's\"", "it's"),
      ("'it\\'s'", "it's"), ("time() >= '07:00' and time() < '22:00'", true),
    ] as [(String, JSONValue)])
  func everyExpressionHasAValue(text: String, value: JSONValue) throws {
    let result = try Expression(text).value(in: Scope())
    if let wanted = value.numberValue, let number = result.numberValue {
      #expect(abs(wanted - number) <= abs(wanted) * 1e-12, "\(text) = \(number)")
    } else {
      #expect(result == value, "\(text)")
    }
  }

  @Test(arguments: [
    ("", 1, 1, "a value is missing"), ("1 +", 1, 4, "a value is missing"), ("(1", 1, 3, "')' is missing"),
    ("a = 1", 1, 3, "Write '=='"), ("1 2", 1, 3, "'2' is not expected"),
    ("rond(1)", 1, 1, "Did you mean 'round'?"),
    ("round()", 1, 1, "takes 1 to 2"), ("'abc", 1, 1, "a quote is missing"), ("a.", 1, 3, "after '.'"),
    ("5min", 1, 1, "minutes(5)"), ("1 ==\n  ) 2", 2, 3, "not the beginning"),
    ("&", 1, 1, "not the beginning"), (String(repeating: "9", count: 400), 1, 1, "no such number"),
    (String(repeating: "(", count: 40) + "1", 1, 34, "levels"),
    (String(repeating: "1+", count: 300) + "1", 1, 258, "more than 256 parts"),
    (String(repeating: "x", count: 1025), 1, 1, "1024 are allowed"),
    (String(repeating: "x", count: 900) + "(", 1, 1, String(repeating: "x", count: 60) + "…'. There are"),
    ("1 2" + String(repeating: "\u{301}", count: 400), 1, 3, "…' is not expected here."),
  ])
  func whatIsNoExpressionIsToldWithItsPlace(text: String, line: Int, column: Int, says: String) {
    let error = thrown(ExpressionError.self) { try Expression(text) }
    #expect(error?.line == line && error?.column == column, "\(text): \(String(describing: error))")
    #expect(error?.text.contains(says) == true, "\(String(describing: error))")
  }

  @Test func textsAreBounded() throws {
    let scope = Scope(values: ["event": .string(String(repeating: "ä", count: 3000))])
    let value = try Expression("event + event").value(in: scope)
    #expect(value.stringValue?.utf8.count == Expression.textBytesMax)
    let long = try Expression("replace(event, 'ä', event)").value(in: scope)
    #expect(long.stringValue?.utf8.count == Expression.textBytesMax)
  }

  @Test func theNamesOfAnExpressionAreKnown() throws {
    let names = try Expression("line.lamp and sensor.cellar > max(event.x, 1)").names
    #expect(names == [["line", "lamp"], ["sensor", "cellar"], ["event", "x"]])
  }

  @Test(
    arguments: [
      ("{{ event.level }} of {{event.name}}", "3 of Kitchen light"), ("{a} {{ line.lamp }}", "1 on"),
      ("{{ event.none }}", ""), ("{{", "{{"), ("{{ a", "{{ a"), ("{{{a}", "{{1"), ("{{ 1 + }}", "{{ 1 + }}"),
      ("{{ '{a}' }}", "{a}"),
    ])
  func templatesHoldExpressions(text: String, filled: String) {
    #expect(Template.fill(text, ["a": "1"], in: Scope()) == filled)
  }

  @Test(
    arguments: [
      ("plain", [:], "plain"), ("{a} and {b}", ["a": "1"], "1 and {b}"), ("{a", ["a": "1"], "{a"),
      ("a} {a}", ["a": "1"], "a} 1"), ("{a}{a}", ["a": "{a}"], "{a}{a}"), ("{}", ["": "x"], "x"),
    ] as [(String, [String: String], String)])
  func templatesFillWhatTheyKnow(text: String, slots: [String: String], filled: String) {
    #expect(Template.fill(text, slots) == filled)
  }
}
