// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <soci/soci.h>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace portcullis::records {

/// A fixed number of connections that threads borrow. A slot may be empty: its connection was lost,
/// and whoever borrows it next makes a new one. Thread-safe.
class Connections {
 public:
  using Slot = std::unique_ptr<soci::session>;

  explicit Connections(std::size_t size) : slots_(size) {
    for (auto& slot : slots_) free_.push_back(&slot);
  }

  /// Gives the slot back when destroyed. Outlived by the Connections.
  class Lease {
   public:
    Lease(Connections& owner, Slot& slot) : owner_(&owner), slot_(&slot) {}
    Lease(Lease&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)), slot_(other.slot_) {}
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (owner_ != nullptr) owner_->give_back(*slot_);
    }
    Slot& slot() { return *slot_; }

   private:
    Connections* owner_;
    Slot* slot_;
  };

  /// nullopt when all stayed taken for this long.
  std::optional<Lease> take(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    // On the system clock, because thread sanitizers of gcc 12 do not see the monotonic way to wait.
    // Whoever has a connection is bounded by its time-outs, so a clock that is set cannot make this a hang.
    const auto deadline = std::chrono::system_clock::now() + patience;
    if (!returned_.wait_until(lock, deadline, [this] { return !free_.empty(); })) return std::nullopt;
    Slot* slot = free_.back();
    free_.pop_back();
    return Lease(*this, *slot);
  }

 private:
  void give_back(Slot& slot) {
    {
      std::lock_guard lock(mutex_);
      free_.push_back(&slot);
    }
    returned_.notify_one();
  }

  std::vector<Slot> slots_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<Slot*> free_;
};

}  // namespace portcullis::records
