// SPDX-License-Identifier: Apache-2.0
import Testing

/// Tests on devices of a real kernel, one after the other: they share its chips, cards and LEDs.
@Suite(.serialized, .inRig) struct DeviceTests {}
