// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace portcullis::test {

/// Was this program started as a scanner by scan::start()?
bool started_as_scanner();
/// A real fork server whose workers do what their input says: "good", or one of many wrong things. Its
/// rules are never looked at.
int run_misbehaving_scanner();

}  // namespace portcullis::test
