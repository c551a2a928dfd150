// SPDX-License-Identifier: Apache-2.0
internal import CALSA

/// The libasound in use.
public enum ALSALibrary {
  public static var version: String { String(cString: snd_asoundlib_version()) }
}
