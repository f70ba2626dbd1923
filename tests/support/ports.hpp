// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace portcullis::test {

/// A TCP port that nobody listens on, on 127.0.0.1. Taken from below the range the kernel uses for
/// outgoing connections, so that no connection grabs it before the program under test binds it;
/// never the same one twice in a process.
std::uint16_t free_port();

}  // namespace portcullis::test
