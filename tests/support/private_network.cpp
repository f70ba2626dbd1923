// SPDX-License-Identifier: Apache-2.0
#include "support/private_network.hpp"

#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <system_error>

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

}  // namespace portcullis::test
