// SPDX-License-Identifier: Apache-2.0
#include <sys/utsname.h>

#include <algorithm>

#include "portcullis/oci/manifest.hpp"
#include "portcullis/util/text.hpp"
#include "quote.hpp"

namespace portcullis::oci {
namespace {

struct Machine {
  std::string_view kernel_name;  // uname -m
  std::string_view architecture;
  std::string_view variant;
};

constexpr Machine kMachines[] = {{"x86_64", "amd64", ""},    {"aarch64", "arm64", ""},
                                 {"armv7l", "arm", "v7"},    {"armv6l", "arm", "v6"},
                                 {"i686", "386", ""},        {"i386", "386", ""},
                                 {"ppc64le", "ppc64le", ""}, {"s390x", "s390x", ""},
                                 {"riscv64", "riscv64", ""}, {"loongarch64", "loong64", ""}};

/// People write the kernel's spelling; images are named by Go's.
void use_go_spelling(Platform& platform) {
  for (const Machine& machine : kMachines) {
    if (platform.architecture != machine.kernel_name) continue;
    platform.architecture = machine.architecture;
    if (platform.variant.empty()) platform.variant = machine.variant;
    return;
  }
}

bool is_part(std::string_view text) {
  return !text.empty() &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789._-") == std::string_view::npos;
}

}  // namespace

util::Result<Platform> Platform::parse(std::string_view text) {
  const std::string lower = util::to_lower_ascii(text);
  const auto parts = util::split(lower, '/');
  if (parts.size() < 2 || parts.size() > 3 || !std::all_of(parts.begin(), parts.end(), is_part)) {
    return util::fail(util::ErrorKind::invalid,
                      "a platform must be OS/ARCHITECTURE or OS/ARCHITECTURE/VARIANT "
                      "(e.g. linux/amd64, linux/arm64/v8), saw: " +
                          quote(text));
  }
  Platform platform;
  platform.os = parts[0];
  platform.architecture = parts[1];
  if (parts.size() == 3) platform.variant = parts[2];
  use_go_spelling(platform);
  return platform;
}

std::string Platform::text() const {
  std::string text = os + '/' + architecture;
  if (!variant.empty()) text += '/' + variant;
  return text;
}

Platform Platform::host() {
  Platform platform;
  platform.os = "linux";
  utsname name{};
  if (::uname(&name) == 0) platform.architecture = name.machine;
  use_go_spelling(platform);
  return platform;
}

bool Platform::satisfies(const Platform& wanted) const {
  const bool variants_agree = variant.empty() || wanted.variant.empty() || variant == wanted.variant;
  return os == wanted.os && architecture == wanted.architecture && variants_agree;
}

}  // namespace portcullis::oci
