// SPDX-License-Identifier: Apache-2.0
#include "slots.hpp"

namespace portcullis::scan {

using util::ErrorKind;

util::Result<std::unique_ptr<Slots::Slot>> Slots::acquire() {
  std::unique_lock lock(mutex_);
  if (!stopped_ && free_ <= 0) {
    if (waiting_ >= max_waiting_) {
      return util::fail(ErrorKind::limit,
                        "the scan queue is full (" + std::to_string(max_waiting_) + " jobs wait already)");
    }
    ++waiting_;
    report_locked();
    changed_.wait(lock, [this] { return stopped_ || free_ > 0; });
    --waiting_;
    report_locked();
  }
  if (stopped_) {
    changed_.notify_all();
    return util::fail(ErrorKind::cancelled, "Portcullis is shutting down");
  }
  --free_;
  ++used_;
  report_locked();
  return std::make_unique<Slot>(*this);
}

void Slots::release(Slot& slot) {
  const std::lock_guard lock(mutex_);
  if (!slot.lent_) ++free_;
  --used_;
  report_locked();
  changed_.notify_all();
}

void Slots::lend(Slot& slot) {
  const std::lock_guard lock(mutex_);
  if (slot.lent_) return;
  slot.lent_ = true;
  ++free_;
  changed_.notify_all();
}

void Slots::take_back(Slot& slot) {
  const std::lock_guard lock(mutex_);
  if (!slot.lent_) return;
  slot.lent_ = false;
  --free_;
}

void Slots::stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  changed_.notify_all();
}

void Slots::wait_idle() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return used_ == 0 && waiting_ == 0; });
}

void Slots::report_locked() {
  metrics_.gauge("portcullis_scan_queue_depth", {}, static_cast<double>(waiting_));
  metrics_.gauge("portcullis_scan_workers_running", {}, static_cast<double>(used_));
}

}  // namespace portcullis::scan
