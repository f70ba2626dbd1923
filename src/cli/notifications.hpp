// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "portcullis/config/config.hpp"
#include "portcullis/notify/notifier.hpp"
#include "portcullis/records/records.hpp"
#include "portcullis/util/clock.hpp"
#include "portcullis/util/metrics.hpp"

namespace portcullis::cli {

enum class Sharing { alone, fleet };

/// The events and cursors of the records as `notify` sees them. A fleet takes turns by leases; alone
/// nobody has to be asked.
class RecordsEventLog final : public notify::EventLog {
 public:
  RecordsEventLog(records::Records& records, const util::Clock& clock, Sharing sharing);

  util::Result<std::vector<findings::Event>> after(std::int64_t sequence, std::size_t limit) override;
  util::Result<std::int64_t> newest() override;
  util::Result<std::optional<std::int64_t>> cursor(const std::string& target) override;
  util::Result<void> save(const std::string& target, std::int64_t sequence) override;
  util::Result<bool> hold(const std::string& target) override;
  void let_go(const std::string& target) override;

 private:
  records::Records& records_;
  const util::Clock& clock_;
  const Sharing sharing_;
  const std::string holder_;  ///< this process
};

/// Forgets targets that are not configured and were served by nobody for a week, because events that a
/// target has not been sent are never removed. Says what it does; a failure is only logged.
void forget_old_targets(records::Records& records, const std::vector<notify::TargetOptions>& targets,
                        util::TimePoint now);

/// What `serve` runs. The members are in the order they need each other.
struct Notifications {
  std::unique_ptr<notify::EventLog> log;
  std::unique_ptr<notify::Notifier> notifier;
};

util::Result<Notifications> start_notifications(const config::Config& config, records::Records& records,
                                                const util::Clock& clock, util::Metrics& metrics);

}  // namespace portcullis::cli
