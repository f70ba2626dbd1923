// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

#include "portcullis/unpack/layer.hpp"

namespace portcullis::unpack {

/// What all archives inside one layer may hold together. Thread-safe. Once spent it stays spent.
class NestedBudget {
 public:
  explicit NestedBudget(const Limits& limits)
      : bytes_(limits.nested_bytes), entries_(limits.nested_entries) {}

  bool take_bytes(std::uint64_t count) noexcept { return take(bytes_, count); }
  bool take_entry() noexcept { return take(entries_, 1); }

 private:
  static bool take(std::atomic<std::uint64_t>& left, std::uint64_t count) noexcept {
    std::uint64_t now = left.load();
    do {
      if (now < count) {
        left.store(0);
        return false;
      }
    } while (!left.compare_exchange_weak(now, now - count));
    return true;
  }

  std::atomic<std::uint64_t> bytes_;
  std::atomic<std::uint64_t> entries_;
};

}  // namespace portcullis::unpack
