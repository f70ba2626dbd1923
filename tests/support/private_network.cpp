// SPDX-License-Identifier: Apache-2.0
#include "support/private_network.hpp"

#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "portcullis/util/fd.hpp"

namespace portcullis::test {

void enter_private_network() {
  if (unshare(CLONE_NEWNET) != 0) {
    throw std::system_error(errno, std::generic_category(), "unshare(CLONE_NEWNET)");
  }
  const util::UniqueFd fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq loopback{};
  std::strcpy(loopback.ifr_name, "lo");
  loopback.ifr_flags = IFF_UP;
  if (ioctl(fd.get(), SIOCSIFFLAGS, &loopback) != 0) {
    throw std::system_error(errno, std::generic_category(), "bringing lo up");
  }
}

void enter_private_mounts() {
  if (unshare(CLONE_NEWNS) != 0) {
    throw std::system_error(errno, std::generic_category(), "unshare(CLONE_NEWNS)");
  }
  if (mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    throw std::system_error(errno, std::generic_category(), "making / a private mount");
  }
}

void bind_mount(const std::filesystem::path& source, const std::filesystem::path& target) {
  if (mount(source.c_str(), target.c_str(), nullptr, MS_BIND | MS_REC, nullptr) != 0) {
    throw std::system_error(errno, std::generic_category(),
                            "mounting " + source.string() + " on " + target.string());
  }
}

void unmount(const std::filesystem::path& target) { umount2(target.c_str(), MNT_DETACH); }

MemoryDirectory::MemoryDirectory(std::filesystem::path directory) : directory_(std::move(directory)) {
  if (mount("none", directory_.c_str(), "tmpfs", 0, nullptr) != 0) {
    throw std::system_error(errno, std::generic_category(), "mounting tmpfs on " + directory_.string());
  }
}

MemoryDirectory::~MemoryDirectory() { unmount(directory_); }

}  // namespace portcullis::test
