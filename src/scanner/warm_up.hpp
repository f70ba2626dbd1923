// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace portcullis::scanner {

/// Everything libraries would load or look up lazily is done here, because a confined worker can open
/// nothing: C.UTF-8 locale (in C libarchive opens gconv for any tar), UTC (zip opens /etc/localtime),
/// OpenSSL, the allocator's count of processors and its question about overcommitment. Once in the fork
/// server; workers inherit it.
void warm_up();

}  // namespace portcullis::scanner
