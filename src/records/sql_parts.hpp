// SPDX-License-Identifier: Apache-2.0
//
// The topics of Records that have an interface of their own, on any database that SOCI speaks to.
#pragma once

#include "database.hpp"
#include "portcullis/records/inventory.hpp"
#include "portcullis/records/rule_settings.hpp"
#include "portcullis/records/search.hpp"
#include "portcullis/records/tokens.hpp"
#include "portcullis/records/waivers.hpp"

namespace portcullis::records {

class SqlWaivers final : public Waivers {
 public:
  explicit SqlWaivers(Database& database) : database_(database) {}
  util::Result<void> create(const std::vector<NewWaiver>& waivers) override;
  util::Result<std::optional<WaiverRecord>> find(const std::string& id) override;
  util::Result<std::vector<WaiverRecord>> list(const WaiverQuery& query, util::TimePoint now) override;
  util::Result<WaiverCounts> count(util::TimePoint now) override;
  util::Result<Revoked> revoke(const std::string& id, const Revocation& revocation,
                               const Event& event) override;
  util::Result<std::vector<findings::Waiver>> announce_expired(
      util::TimePoint now, std::size_t limit,
      const std::function<Event(const findings::Waiver&)>& announce) override;

 private:
  Database& database_;
};

class SqlRuleSettings final : public RuleSettings {
 public:
  explicit SqlRuleSettings(Database& database) : database_(database) {}
  util::Result<std::vector<RuleSetting>> list() override;
  util::Result<void> change(const RuleChange& change) override;

 private:
  Database& database_;
};

class SqlSearch final : public Search {
 public:
  explicit SqlSearch(Database& database) : database_(database) {}
  util::Result<ImagePage> images(const ImageQuery& query) override;
  util::Result<std::uint64_t> count_images(const ImageQuery& query) override;
  util::Result<std::vector<FilePlace>> files(const std::string& hash_or_path, std::size_t limit) override;
  util::Result<PullPage> pulls(const PullQuery& query) override;
  util::Result<std::vector<Puller>> pullers(const PullerQuery& query) override;
  util::Result<Exposure> exposure(const std::string& file_hash, std::size_t limit) override;
  util::Result<std::vector<TimeBucket>> overview(const Period& period, std::chrono::hours width) override;
  util::Result<std::vector<Ranked>> top_rules(const Period& period, std::size_t limit) override;
  util::Result<std::vector<Ranked>> top_names(const Period& period, std::optional<findings::Action> action,
                                              std::size_t limit) override;
  util::Result<std::vector<RankedSquat>> top_squats(const Period& period, std::size_t limit) override;
  util::Result<std::vector<RetroAlert>> retro_alerts(const RetroAlertQuery& query) override;
  util::Result<std::uint64_t> count_open_retro_alerts() override;

 private:
  Database& database_;
};

class SqlInventory final : public Inventory {
 public:
  explicit SqlInventory(Database& database) : database_(database) {}
  util::Result<void> put(const LayerInventory& inventory) override;
  util::Result<InventoryState> state(const oci::Digest& layer) override;
  util::Result<std::vector<LayerFile>> files(const oci::Digest& layer, const std::string& after_path,
                                             std::size_t limit) override;
  util::Result<std::optional<std::vector<std::string>>> setuid_files(const oci::Digest& layer) override;

 private:
  Database& database_;
};

class SqlTokens final : public Tokens {
 public:
  explicit SqlTokens(Database& database) : database_(database) {}
  util::Result<NewToken> create(const std::string& name, Role role, util::TimePoint now,
                                util::TimePoint expires, Event event) override;
  util::Result<std::vector<TokenRecord>> list() override;
  util::Result<bool> revoke(const std::string& id, util::TimePoint now, const Event& event) override;
  util::Result<std::optional<TokenRecord>> verify(std::string_view secret, util::TimePoint now) override;

 private:
  Database& database_;
};

}  // namespace portcullis::records
