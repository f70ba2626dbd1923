// SPDX-License-Identifier: Apache-2.0
#include "support/ports.hpp"

#include <mutex>
#include <random>
#include <set>
#include <stdexcept>

#include "support/loopback.hpp"

namespace portcullis::test {
namespace {

bool can_bind(std::uint16_t port) {
  const auto fd = tcp_socket();
  const auto address = loopback_address(port);
  return bind(fd.get(), &address, sizeof address) == 0;
}

}  // namespace

std::uint16_t free_port() {
  static std::mutex mutex;
  static std::mt19937 random{std::random_device{}()};
  static std::set<std::uint16_t> given;
  const std::lock_guard lock(mutex);
  std::uniform_int_distribution<int> pick(12'000, 32'000);
  for (int attempt = 0; attempt < 1000; ++attempt) {
    const auto port = static_cast<std::uint16_t>(pick(random));
    if (can_bind(port) && given.insert(port).second) return port;
  }
  throw std::runtime_error("no free loopback port between 12000 and 32000");
}

}  // namespace portcullis::test
