// SPDX-License-Identifier: Apache-2.0
#include "operator_name.hpp"

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

namespace portcullis::cli {

namespace {

std::string name_of_uid() {
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  const bool known =
      getpwuid_r(getuid(), &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr;
  return known ? found->pw_name : "uid " + std::to_string(getuid());
}

}  // namespace

std::string operator_name() {
  std::string user = name_of_uid();
  for (const char* name : {"SUDO_USER", "USER", "LOGNAME"}) {
    if (const char* value = std::getenv(name); value != nullptr && *value != '\0') {
      user = value;
      break;
    }
  }
  std::array<char, 256> host{};
  if (gethostname(host.data(), host.size() - 1) != 0 || host.front() == '\0') return user;
  return user + '@' + host.data();
}

}  // namespace portcullis::cli
