// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "database.hpp"
#include "portcullis/records/records.hpp"
#include "sql_parts.hpp"

namespace portcullis::records {

/// Records on any database that SOCI speaks to.
class SqlRecords final : public Records {
 public:
  explicit SqlRecords(std::unique_ptr<Database> database) : database_(std::move(database)) {}

  util::Result<std::optional<ScanRecord>> find_scan(const ScanKey& key) override;
  util::Result<void> put_scan(const ScanRecord& record) override;
  util::Result<std::optional<DecisionRecord>> find_decision(const std::string& host,
                                                            const std::string& repository,
                                                            const oci::Digest& manifest) override;
  util::Result<std::optional<DecisionRecord>> find_decision(const std::string& id) override;
  util::Result<std::vector<DecisionRecord>> newest_decisions() override;
  util::Result<void> put_decision(const DecisionRecord& record, const std::vector<Event>& events) override;
  util::Result<bool> replace_decision(const std::string& before, const DecisionRecord& record,
                                      const std::vector<Event>& events) override;
  util::Result<void> put_name_decision(const NameDecision& decision,
                                       const std::vector<Event>& events) override;
  util::Result<std::optional<NameDecision>> find_name_decision(const std::string& id) override;
  util::Result<std::optional<NameDecision>> find_name_decision(const std::string& host,
                                                               const std::string& repository) override;
  util::Result<std::vector<oci::Digest>> manifests_with_blob(const std::string& host,
                                                             const std::string& repository,
                                                             const oci::Digest& blob) override;
  util::Result<std::optional<TagRecord>> find_tag(const std::string& host, const std::string& repository,
                                                  const std::string& tag) override;
  util::Result<void> put_tag(const TagRecord& record) override;
  util::Result<std::optional<util::TimePoint>> first_seen(const oci::Digest& manifest) override;
  util::Result<void> put_pulls(const std::vector<PullRecord>& pulls) override;
  util::Result<void> put_event(const Event& event) override;
  util::Result<bool> put_event_once(const Event& event) override;
  util::Result<std::vector<Event>> events(const EventQuery& query) override;
  util::Result<void> put_cursor(const std::string& name, std::int64_t sequence, util::TimePoint now) override;
  util::Result<std::vector<Cursor>> cursors() override;
  util::Result<void> remove_cursor(const std::string& name) override;
  util::Result<bool> take_lease(const Lease& lease, util::TimePoint now) override;
  util::Result<void> give_up_lease(const std::string& name, const std::string& holder) override;
  util::Result<std::vector<findings::Waiver>> active_waivers(util::TimePoint now) override;
  Waivers& waivers() override { return waivers_; }
  RuleSettings& rule_settings() override { return rule_settings_; }
  Search& search() override { return search_; }
  Inventory& inventory() override { return inventory_; }
  Tokens& tokens() override { return tokens_; }
  util::Result<Removed> remove_old(const Retention& retention, util::TimePoint now) override;
  util::Result<void> check() override;

 private:
  std::unique_ptr<Database> database_;
  SqlWaivers waivers_{*database_};
  SqlRuleSettings rule_settings_{*database_};
  SqlSearch search_{*database_};
  SqlInventory inventory_{*database_};
  SqlTokens tokens_{*database_};
};

}  // namespace portcullis::records
