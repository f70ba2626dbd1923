// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>

#include "portcullis/util/metrics.hpp"
#include "portcullis/util/result.hpp"

namespace portcullis::scan {

/// How many jobs run at once, and how many may wait for that. Thread-safe.
class Slots {
 public:
  /// Given back on destruction.
  class Slot {
   public:
    explicit Slot(Slots& owner) : owner_(owner) {}
    ~Slot() { owner_.release(); }
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;

   private:
    Slots& owner_;
  };

  Slots(std::size_t running, std::size_t waiting, util::Metrics& metrics)
      : free_(running == 0 ? 1 : running), max_waiting_(waiting), metrics_(metrics) {}

  /// Waits for a slot. ErrorKind::limit when too many wait already, cancelled after stop().
  util::Result<std::unique_ptr<Slot>> acquire();
  void stop();
  /// Until every slot came back; call after stop().
  void wait_idle();

 private:
  void release();
  void report_locked();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t free_;
  std::size_t used_ = 0;
  std::size_t waiting_ = 0;
  const std::size_t max_waiting_;
  bool stopped_ = false;
  util::Metrics& metrics_;
};

}  // namespace portcullis::scan
