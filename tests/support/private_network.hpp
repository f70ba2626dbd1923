// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace portcullis::test {

/// Moves the calling thread, and all it starts from then on, into a network namespace of its own
/// that has a loopback and nothing else: a client that falls back to the internet fails at once,
/// and the test can be sure that it did not get anything from there. Needs root; once is enough.
void enter_private_network();

}  // namespace portcullis::test
