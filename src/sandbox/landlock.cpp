// SPDX-License-Identifier: Apache-2.0
#include "landlock.hpp"

#include <linux/landlock.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>

#include "portcullis/util/fd.hpp"

namespace portcullis::sandbox {
namespace {

/// struct landlock_ruleset_attr as of ABI 6; the kernel takes any prefix of it, and the header of
/// Debian 12 knows the first member only (Documentation/userspace-api/landlock.rst).
struct RulesetAttributes {
  std::uint64_t handled_access_fs;
  std::uint64_t handled_access_net;
  std::uint64_t scoped;
};

std::uint64_t bits(int count) { return (1ull << count) - 1; }

std::uint64_t file_system_rights(int abi) {
  if (abi >= 5) return bits(16);  // + ioctl on devices
  if (abi >= 3) return bits(15);  // + truncate
  if (abi == 2) return bits(14);  // + refer
  return bits(13);
}

}  // namespace

int landlock_abi() {
  const long abi = syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return abi > 0 ? static_cast<int>(abi) : 0;
}

util::Result<void> landlock_deny_everything(int abi) {
  RulesetAttributes attributes{file_system_rights(abi), 0, 0};
  std::size_t size = sizeof attributes.handled_access_fs;
  if (abi >= 4) {
    attributes.handled_access_net = bits(2);  // TCP bind and connect
    size = offsetof(RulesetAttributes, scoped);
  }
  if (abi >= 6) {
    attributes.scoped = bits(2);  // abstract unix sockets, signals
    size = sizeof attributes;
  }
  const long ruleset = syscall(SYS_landlock_create_ruleset, &attributes, size, 0);
  if (ruleset < 0) return tl::unexpected(util::errno_error("landlock_create_ruleset"));
  const util::UniqueFd owned(static_cast<int>(ruleset));
  if (syscall(SYS_landlock_restrict_self, owned.get(), 0) != 0) {
    return tl::unexpected(util::errno_error("landlock_restrict_self"));
  }
  return {};
}

}  // namespace portcullis::sandbox
