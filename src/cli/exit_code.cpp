// SPDX-License-Identifier: Apache-2.0
#include "exit_code.hpp"

#include <cstdio>

#include "portcullis/util/safe_text.hpp"

namespace portcullis::cli {

int fail(ExitCode code, std::string_view message) {
  constexpr std::size_t kLongestLine = 2000;
  std::fprintf(stderr, "portcullis: %s\n", util::safe_text(message, kLongestLine).c_str());
  return code;
}

int fail_configuration(const util::Error& error) { return fail(kBadConfiguration, error.message); }

}  // namespace portcullis::cli
