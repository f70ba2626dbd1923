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
  /// Given back on destruction. A job whose source has stalled lends its slot, so that a download that
  /// hangs keeps nobody else from being scanned, and takes it back when bytes come: for that time one more
  /// may run than there are slots.
  class Slot {
   public:
    explicit Slot(Slots& owner) : owner_(owner) {}
    ~Slot() { owner_.release(*this); }
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;
    void lend() { owner_.lend(*this); }
    void take_back() { owner_.take_back(*this); }

   private:
    friend class Slots;
    Slots& owner_;
    bool lent_ = false;
  };

  Slots(std::size_t running, std::size_t waiting, util::Metrics& metrics)
      : free_(running == 0 ? 1 : static_cast<std::ptrdiff_t>(running)),
        max_waiting_(waiting),
        metrics_(metrics) {}

  /// Waits for a slot. ErrorKind::limit when too many wait already, cancelled after stop().
  util::Result<std::unique_ptr<Slot>> acquire();
  void stop();
  /// Until every slot came back; call after stop().
  void wait_idle();

 private:
  void release(Slot& slot);
  void lend(Slot& slot);
  void take_back(Slot& slot);
  void report_locked();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::ptrdiff_t free_;  ///< negative while slots that were lent are used twice
  std::size_t used_ = 0;
  std::size_t waiting_ = 0;
  const std::size_t max_waiting_;
  bool stopped_ = false;
  util::Metrics& metrics_;
};

}  // namespace portcullis::scan
