// SPDX-License-Identifier: Apache-2.0
#include "housekeeping.hpp"

#include "portcullis/util/log.hpp"

namespace portcullis::cli {

Housekeeping::Housekeeping(records::Records& records, records::Retention retention, const util::Clock& clock,
                           HousekeepingTimes times)
    : records_(records),
      retention_(retention),
      clock_(clock),
      times_(times),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

void Housekeeping::run(const std::stop_token& stop) {
  for (auto wait = times_.first; rest(stop, wait); wait = times_.between) remove_old(stop);
}

void Housekeeping::remove_old(const std::stop_token& stop) {
  std::uint64_t rows = 0;
  std::optional<util::Error> trouble;
  for (bool more = true; more;) {
    const auto removed = records_.remove_old(retention_, clock_.now());
    trouble = removed ? removed->trouble : removed.error();
    rows += removed ? removed->total() : 0;
    more = removed && removed->more && rest(stop, trouble ? times_.after_trouble : times_.pause);
  }
  if (trouble) {
    util::log::error("some old records could not be removed, trying again later",
                     {{"reason", trouble->message}});
  }
  if (rows > 0) util::log::info("old records removed", {{"rows", rows}});
}

bool Housekeeping::rest(const std::stop_token& stop, std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  wake_.wait_for(lock, stop, time, [] { return false; });
  return !stop.stop_requested();
}

}  // namespace portcullis::cli
