// SPDX-License-Identifier: Apache-2.0
import Glibc
import PocketSphinx
import TestSupport
import Testing

/// Debian's model with one file that is not what it should be; the others are links.
enum DamagedModel {
  enum Damage: CaseIterable { case missing, empty, truncated, overwritten }

  static let acousticFiles = ["mdef", "means", "variances", "transition_matrices", "sendump"]

  /// - Parameter name: of the acoustic model's folder, or of the model's own (the dictionary, the phones).
  static func make(_ name: String, _ damage: Damage, in directory: TemporaryDirectory) throws -> SpeechModel {
    let whole = SpeechModel()
    let model = SpeechModel(folder: directory.file("en-us"))
    mkdir(model.folder, 0o755)
    mkdir(model.acousticModel, 0o755)
    for file in acousticFiles + ["feat.params"] {
      symlink("\(whole.acousticModel)/\(file)", "\(model.acousticModel)/\(file)")
    }
    for file in ["cmudict-en-us.dict", "en-us-phone.lm.bin", "en-us.lm.bin"] {
      symlink("\(whole.folder)/\(file)", "\(model.folder)/\(file)")
    }
    let isAcoustic = acousticFiles.contains(name) || name == "feat.params"
    let source = "\(isAcoustic ? whole.acousticModel : whole.folder)/\(name)"
    let path = "\(isAcoustic ? model.acousticModel : model.folder)/\(name)"
    unlink(path)
    switch damage {
    case .missing: break
    case .empty: try copy("/dev/null", to: path, bytes: 0)
    case .truncated: try copy(source, to: path, bytes: 1_900)
    case .overwritten:
      try copy(source, to: path, bytes: .max)
      try overwrite(path, at: name == "sendump" ? 640 - 8 : name.hasSuffix(".bin") ? 0 : 1_500)
    }
    return model
  }

  /// The same with one acoustic file that `change` has written into, from its beginning.
  static func make(
    _ name: String, in directory: TemporaryDirectory, change: (UnsafeMutablePointer<FILE>) -> Void
  ) throws -> SpeechModel {
    let model = try make(name, .missing, in: directory)
    let path = "\(model.acousticModel)/\(name)"
    try copy("\(SpeechModel().acousticModel)/\(name)", to: path, bytes: .max)
    let file = try #require(fopen(path, "r+"))
    change(file)
    fclose(file)
    return model
  }

  static func copy(_ source: String, to target: String, bytes: Int) throws {
    let input = try #require(fopen(source, "r"))
    let output = try #require(fopen(target, "w"))
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    var left = bytes
    while left > 0 {
      let count = fread(&buffer, 1, min(buffer.count, left), input)
      if count == 0 { break }
      fwrite(buffer, 1, count, output)
      left -= count
    }
    fclose(input)
    fclose(output)
  }

  private static func overwrite(_ path: String, at offset: Int) throws {
    let file = try #require(fopen(path, "r+"))
    fseek(file, offset, SEEK_SET)
    fputs("damage", file)
    fclose(file)
  }
}
