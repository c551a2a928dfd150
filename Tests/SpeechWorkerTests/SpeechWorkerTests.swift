// SPDX-License-Identifier: Apache-2.0
import Testing

/// One after the other: the synthesizers' libraries are for one thread of a process.
@Suite(.serialized) enum SpeechWorkerTests {}
