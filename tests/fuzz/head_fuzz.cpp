// SPDX-License-Identifier: Apache-2.0
#include "fuzz/input.hpp"
#include "head_check.hpp"

using namespace portcullis;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto head = http::check_head(fuzz::as_text(data, size));
  if (!head) {
    FUZZ_CHECK(head.error().status >= 400 && head.error().status < 600);
    FUZZ_CHECK(!head.error().cause.empty() && !head.error().text.empty());
    return 0;
  }
  FUZZ_CHECK(!head->method.empty() && head->target.starts_with('/'));
  for (const auto& [name, value] : head->headers) {
    FUZZ_CHECK(!name.empty() && name.find_first_of(" :\r\n") == std::string::npos);
    FUZZ_CHECK(value.find_first_of("\r\n", 0, 2) == std::string::npos);
    FUZZ_CHECK(value.find('\0') == std::string::npos);
  }
  return 0;
}
