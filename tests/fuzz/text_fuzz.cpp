// SPDX-License-Identifier: Apache-2.0
#include "fuzz/input.hpp"
#include "portcullis/util/safe_text.hpp"

using namespace portcullis;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view hostile = fuzz::as_text(data, size);
  const std::size_t limit = fuzz::take_mode(hostile);
  for (const std::size_t cap : {limit, util::kSafeTextLimit}) {
    const std::string safe = util::safe_text(hostile, cap);
    FUZZ_CHECK(safe.size() <= cap);
    for (const char c : safe) FUZZ_CHECK(c >= ' ' && c <= '~');
  }
  return 0;
}
