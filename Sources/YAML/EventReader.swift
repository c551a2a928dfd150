// SPDX-License-Identifier: Apache-2.0
internal import CYAML

/// libyaml's events as Swift values. Owns the parser; borrows the input for its own lifetime.
struct EventReader: ~Copyable {
  enum Kind: Equatable {
    case streamStart, streamEnd, documentStart, documentEnd
    case scalar(String, isPlain: Bool)
    case listStart, listEnd, mapStart, mapEnd
    case alias(String)
    case other
  }

  struct Event {
    var kind: Kind
    var mark: YAMLMark
    /// An anchor or a tag that was written, with its sign.
    var decoration: String?
  }

  /// Why the text could not be read on, in libyaml's words.
  struct Failure {
    var mark: YAMLMark
    var contextMark: YAMLMark
    var text: String
  }

  private let parser: UnsafeMutablePointer<yaml_parser_t>
  private let input: UnsafeBufferPointer<UInt8>

  /// `input` must live as long as the reader.
  init(_ input: UnsafeBufferPointer<UInt8>) {
    self.input = input
    parser = .allocate(capacity: 1)
    parser.initialize(to: yaml_parser_t())
    // Fails only when memory is out; then every parse call fails too, which is reported there.
    _ = yaml_parser_initialize(parser)
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    // SAFETY: libyaml keeps the pointer; the caller keeps the buffer alive.
    yaml_parser_set_input_string(parser, input.baseAddress, input.count)
  }

  deinit {
    yaml_parser_delete(parser)
    parser.deallocate()
  }

  /// The line's text without its end; empty beyond the last line.
  func line(_ number: Int) -> String {
    let lines = input.split(
      separator: UInt8(ascii: "\n"), maxSplits: number, omittingEmptySubsequences: false)
    return number >= 1 && number <= lines.count ? String(decoding: lines[number - 1], as: UTF8.self) : ""
  }

  func next() -> Result<Event, Failed> {
    var raw = yaml_event_t()
    guard yaml_parser_parse(parser, &raw) == 1 else { return .failure(Failed(failure: failure())) }
    defer { yaml_event_delete(&raw) }
    return .success(
      Event(kind: Self.kind(raw), mark: YAMLMark(raw.start_mark), decoration: Self.decoration(raw)))
  }

  struct Failed: Error { var failure: Failure }

  private func failure() -> Failure {
    let text = parser.pointee.problem.map { String(cString: $0) } ?? "out of memory"
    let context = parser.pointee.context.map { String(cString: $0) + ": " } ?? ""
    return Failure(
      mark: YAMLMark(parser.pointee.problem_mark), contextMark: YAMLMark(parser.pointee.context_mark),
      text: context + text)
  }

  private static func kind(_ event: yaml_event_t) -> Kind {
    switch event.type {
    case YAML_STREAM_START_EVENT: .streamStart
    case YAML_STREAM_END_EVENT: .streamEnd
    case YAML_DOCUMENT_START_EVENT: .documentStart
    case YAML_DOCUMENT_END_EVENT: .documentEnd
    case YAML_SEQUENCE_START_EVENT: .listStart
    case YAML_SEQUENCE_END_EVENT: .listEnd
    case YAML_MAPPING_START_EVENT: .mapStart
    case YAML_MAPPING_END_EVENT: .mapEnd
    case YAML_ALIAS_EVENT: .alias(text(event.data.alias.anchor))
    case YAML_SCALAR_EVENT: scalar(event)
    default: .other
    }
  }

  private static func scalar(_ event: yaml_event_t) -> Kind {
    let scalar = event.data.scalar
    let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
    let text = String(decoding: bytes, as: UTF8.self)
    return .scalar(text, isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE)
  }

  private static func decoration(_ event: yaml_event_t) -> String? {
    let (anchor, tag) =
      switch event.type {
      case YAML_SCALAR_EVENT: (event.data.scalar.anchor, event.data.scalar.tag)
      case YAML_SEQUENCE_START_EVENT: (event.data.sequence_start.anchor, event.data.sequence_start.tag)
      case YAML_MAPPING_START_EVENT: (event.data.mapping_start.anchor, event.data.mapping_start.tag)
      default: (nil, nil)
      }
    if let anchor { return "&" + text(anchor) }
    return tag.map { text($0) }
  }

  private static func text(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String {
    pointer.map { String(cString: $0) } ?? ""
  }
}

extension YAMLMark {
  init(_ mark: yaml_mark_t) { self.init(line: Int(mark.line) + 1, column: Int(mark.column) + 1) }
}
