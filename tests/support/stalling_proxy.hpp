// SPDX-License-Identifier: Apache-2.0
//
// Stands in front of a real registry on loopback, passes every byte both ways, and can hold one blob
// back half way: for scans that last as long as a test wants.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "portcullis/util/fd.hpp"
#include "support/loopback.hpp"

namespace portcullis::test {

class StallingProxy {
 public:
  explicit StallingProxy(std::uint16_t registry_port);
  ~StallingProxy();

  std::string url() const { return "http://127.0.0.1:" + std::to_string(listener_.port); }
  /// From now on the answer to a GET whose target contains this stops after the first byte of its
  /// body; the connection stays open.
  void stall(const std::string& target_part);
  /// What was held back goes on, and nothing is held back any more.
  void release();

 private:
  class Tunnel;

  void accept_all();
  bool is_stalled(std::string_view request) const;
  void wait_for_release();

  std::uint16_t registry_port_;
  Listener listener_;
  util::Pipe ending_;  ///< readable end: the proxy is being destroyed
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::string stalled_;  ///< empty: nothing
  bool ended_ = false;
  std::vector<std::thread> threads_;  ///< touched by the accepting thread, and after it ended
  std::thread acceptor_;
};

}  // namespace portcullis::test
