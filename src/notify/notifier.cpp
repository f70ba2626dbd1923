// SPDX-License-Identifier: Apache-2.0
#include "portcullis/notify/notifier.hpp"

#include "delivery.hpp"
#include "sender.hpp"

namespace portcullis::notify {
namespace {

class Loops final : public Notifier {
 public:
  ~Loops() override { Loops::stop(); }

  void add(std::unique_ptr<DeliveryLoop> loop) { loops_.push_back(std::move(loop)); }
  void reopen() override {
    for (const auto& loop : loops_) loop->reopen();
  }
  void stop() override {
    for (const auto& loop : loops_) loop->request_stop();
    loops_.clear();
  }

 private:
  std::vector<std::unique_ptr<DeliveryLoop>> loops_;
};

/// Done before the first event of this run can happen, so that a new target misses none of it.
util::Result<void> place_cursor(const TargetOptions& target, EventLog& log) {
  const auto cursor = log.cursor(target.name);
  if (!cursor) return tl::unexpected(cursor.error());
  if (cursor->has_value()) return {};
  std::int64_t place = 0;
  if (target.start == Start::now) {
    const auto newest = log.newest();
    if (!newest) return tl::unexpected(newest.error());
    place = *newest;
  }
  return log.save(target.name, place);
}

}  // namespace

util::Result<std::unique_ptr<Notifier>> start_notifier(std::vector<TargetOptions> targets,
                                                       NotifierParts parts) {
  std::vector<std::unique_ptr<Sender>> senders;
  for (const auto& target : targets) {
    auto sender = make_sender(target, parts.public_url);
    if (!sender) return util::fail("notify " + target.name, std::move(sender.error()));
    senders.push_back(*std::move(sender));
    if (auto placed = place_cursor(target, *parts.log); !placed) {
      return util::fail("notify " + target.name, std::move(placed.error()));
    }
  }
  auto loops = std::make_unique<Loops>();
  for (std::size_t i = 0; i < targets.size(); ++i) {
    loops->add(std::make_unique<DeliveryLoop>(std::move(targets[i]), std::move(senders[i]), parts));
  }
  return loops;
}

}  // namespace portcullis::notify
