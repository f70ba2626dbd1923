// SPDX-License-Identifier: Apache-2.0
#include "scan_activity.hpp"

namespace portcullis::cli {
namespace {

tl::unexpected<util::Error> ended() { return util::fail(util::ErrorKind::cancelled, "the scan was ended"); }

}  // namespace

void Activity::source(const std::string& name) {
  const std::lock_guard lock(mutex_);
  now_ = {};
  now_.source = name;
  bytes_ = 0;
}

void Activity::begin(const std::string& doing, std::uint64_t total) {
  const std::lock_guard lock(mutex_);
  now_.doing = doing;
  now_.total = total;
  bytes_ = 0;
}

Activity::State Activity::state() const {
  const std::lock_guard lock(mutex_);
  State state = now_;
  state.bytes = bytes_;
  state.files = static_cast<std::uint64_t>(metrics_.value("portcullis_scan_files_total"));
  if (gate_ == nullptr) return state;
  for (const gate::JudgingNow& image : gate_->judging()) {
    state.bytes += image.bytes_done;
    state.total += image.bytes;
    state.parts += image.blobs;
    state.parts_done += image.blobs_done;
  }
  return state;
}

Activity::Watching::Watching(Activity& activity, const gate::Gate& gate) : activity_(activity) {
  const std::lock_guard lock(activity_.mutex_);
  activity_.gate_ = &gate;
}

Activity::Watching::~Watching() {
  const std::lock_guard lock(activity_.mutex_);
  activity_.gate_ = nullptr;
}

Activity::Ending::Ending(Activity& activity, std::function<void()> end) : activity_(activity) {
  const std::lock_guard lock(activity_.mutex_);
  if (activity_.cancelled_) end();
  place_ = activity_.endings_.insert(activity_.endings_.end(), std::move(end));
}

Activity::Ending::~Ending() {
  const std::lock_guard lock(activity_.mutex_);
  activity_.endings_.erase(place_);
}

void Activity::cancel() {
  const std::lock_guard lock(mutex_);
  if (cancelled_.exchange(true)) return;
  for (const auto& end : endings_) end();
}

util::Result<std::size_t> CountedSource::read(std::span<std::byte> buffer) {
  if (activity_.cancelled()) return ended();
  auto got = from_.read(buffer);
  if (got) activity_.advance(*got);
  return got;
}

util::Result<void> CountedSink::write(std::span<const std::byte> bytes) {
  if (activity_.cancelled()) return ended();
  auto written = to_.write(bytes);
  if (written) activity_.advance(bytes.size());
  return written;
}

}  // namespace portcullis::cli
