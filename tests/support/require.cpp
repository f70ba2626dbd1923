// SPDX-License-Identifier: Apache-2.0
#include "support/require.hpp"

#include <unistd.h>

#include <cstdlib>
#include <sstream>
#include <string_view>

namespace portcullis::test {

bool have_tool(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::istringstream directories(path != nullptr ? path : "");
  for (std::string directory; std::getline(directories, directory, ':');) {
    if (access((directory + "/" + name).c_str(), X_OK) == 0) return true;
  }
  return false;
}

bool have_root() { return geteuid() == 0; }

bool in_ci() {
  const char* value = std::getenv("CI");
  return value != nullptr && std::string_view(value) == "true";
}

}  // namespace portcullis::test
