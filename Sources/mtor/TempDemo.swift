extension Commands {
  static let demo = Command(name: "demo", summary: "x", details: "", run: { _ throws(CommandFailure) in .success })
  static let record = Command(name: "record", summary: "x", details: "", run: { _ throws(CommandFailure) in .success })
}
