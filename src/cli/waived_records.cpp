// SPDX-License-Identifier: Apache-2.0
#include "waived_records.hpp"

namespace portcullis::cli {
namespace {

using namespace records;
template <class T>
using Result = util::Result<T>;

class WaivedRecords final : public Records {
 public:
  WaivedRecords(Records& to, std::vector<findings::Waiver> waivers) : to_(to), own_(std::move(waivers)) {}

  Result<std::vector<findings::Waiver>> active_waivers(util::TimePoint now) override {
    auto active = to_.active_waivers(now);
    if (!active) return active;
    for (const findings::Waiver& waiver : own_) {
      if (waiver.expires > now) active->push_back(waiver);
    }
    return active;
  }

  // All else as it is.
  Result<std::optional<ScanRecord>> find_scan(const ScanKey& key) override { return to_.find_scan(key); }
  Result<void> put_scan(const ScanRecord& record) override { return to_.put_scan(record); }
  Result<std::optional<DecisionRecord>> find_decision(const std::string& host, const std::string& repository,
                                                      const oci::Digest& manifest) override {
    return to_.find_decision(host, repository, manifest);
  }
  Result<std::optional<DecisionRecord>> find_decision(const std::string& id) override {
    return to_.find_decision(id);
  }
  Result<std::vector<DecisionRecord>> newest_decisions() override { return to_.newest_decisions(); }
  Result<void> put_decision(const DecisionRecord& record, const std::vector<Event>& events) override {
    return to_.put_decision(record, events);
  }
  Result<bool> replace_decision(const std::string& before, const DecisionRecord& record,
                                const std::vector<Event>& events) override {
    return to_.replace_decision(before, record, events);
  }
  Result<void> put_name_decision(const NameDecision& decision, const std::vector<Event>& events) override {
    return to_.put_name_decision(decision, events);
  }
  Result<std::optional<NameDecision>> find_name_decision(const std::string& id) override {
    return to_.find_name_decision(id);
  }
  Result<std::optional<NameDecision>> find_name_decision(const std::string& host,
                                                         const std::string& repository) override {
    return to_.find_name_decision(host, repository);
  }
  Result<std::vector<oci::Digest>> manifests_with_blob(const std::string& host, const std::string& repository,
                                                       const oci::Digest& blob) override {
    return to_.manifests_with_blob(host, repository, blob);
  }
  Result<std::optional<TagRecord>> find_tag(const std::string& host, const std::string& repository,
                                            const std::string& tag) override {
    return to_.find_tag(host, repository, tag);
  }
  Result<void> put_tag(const TagRecord& record) override { return to_.put_tag(record); }
  Result<std::optional<util::TimePoint>> first_seen(const oci::Digest& manifest) override {
    return to_.first_seen(manifest);
  }
  Result<void> put_pulls(const std::vector<PullRecord>& pulls) override { return to_.put_pulls(pulls); }
  Result<void> put_event(const Event& event) override { return to_.put_event(event); }
  Result<bool> put_event_once(const Event& event) override { return to_.put_event_once(event); }
  Result<std::vector<Event>> events(const EventQuery& query) override { return to_.events(query); }
  Result<void> put_cursor(const std::string& name, std::int64_t sequence, util::TimePoint now) override {
    return to_.put_cursor(name, sequence, now);
  }
  Result<std::vector<Cursor>> cursors() override { return to_.cursors(); }
  Result<void> remove_cursor(const std::string& name) override { return to_.remove_cursor(name); }
  Result<bool> take_lease(const Lease& lease, util::TimePoint now) override {
    return to_.take_lease(lease, now);
  }
  Result<void> give_up_lease(const std::string& name, const std::string& holder) override {
    return to_.give_up_lease(name, holder);
  }
  Waivers& waivers() override { return to_.waivers(); }
  RuleSettings& rule_settings() override { return to_.rule_settings(); }
  Search& search() override { return to_.search(); }
  Inventory& inventory() override { return to_.inventory(); }
  Tokens& tokens() override { return to_.tokens(); }
  Result<Removed> remove_old(const Retention& retention, util::TimePoint now) override {
    return to_.remove_old(retention, now);
  }
  Result<void> check() override { return to_.check(); }

 private:
  Records& to_;
  const std::vector<findings::Waiver> own_;
};

}  // namespace

std::unique_ptr<Records> with_waivers(Records& records, std::vector<findings::Waiver> waivers) {
  return std::make_unique<WaivedRecords>(records, std::move(waivers));
}

}  // namespace portcullis::cli
