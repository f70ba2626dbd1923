// SPDX-License-Identifier: Apache-2.0
#include "exit_code.hpp"

#include <cstdio>

#include "portcullis/util/safe_text.hpp"

namespace portcullis::cli {

int print(std::string_view text, ExitCode code) {
  const bool written =
      std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  return written ? code : fail(kCannotWrite, "the standard output could not be written");
}

int fail(ExitCode code, std::string_view message) {
  constexpr std::size_t kLongestLine = 2000;
  std::fprintf(stderr, "portcullis: %s\n", util::safe_text(message, kLongestLine).c_str());
  return code;
}

int fail_configuration(const util::Error& error) { return fail(kBadConfiguration, error.message); }

}  // namespace portcullis::cli
