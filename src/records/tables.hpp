// SPDX-License-Identifier: Apache-2.0
//
// The statements, by topic: one source file each. They run inside a transaction of the caller and
// throw what SOCI throws.
#pragma once

#include <soci/soci.h>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "portcullis/records/inventory.hpp"
#include "portcullis/records/records.hpp"
#include "portcullis/records/rule_settings.hpp"
#include "portcullis/records/search.hpp"
#include "portcullis/records/tokens.hpp"
#include "portcullis/records/waivers.hpp"

namespace portcullis::records {

/// No answer is longer than this many rows.
inline constexpr std::size_t kMaxRows = 10'000;

std::optional<ScanRecord> select_scan(soci::session& session, const ScanKey& key);
void replace_scan(soci::session& session, const ScanRecord& record);

std::optional<DecisionRecord> select_decision(soci::session& session, const std::string& host,
                                              const std::string& repository, const oci::Digest& manifest);
std::optional<DecisionRecord> select_decision(soci::session& session, const std::string& id);
/// Of the newest one on the image; empty when there is none.
std::string select_decision_id(soci::session& session, const std::string& host, const std::string& repository,
                               const oci::Digest& manifest);
void insert_decision(soci::session& session, const DecisionRecord& record);
std::optional<NameDecision> select_name_decision(soci::session& session, const std::string& id);
std::optional<NameDecision> select_name_decision(soci::session& session, const std::string& host,
                                                 const std::string& repository);
void insert_name_decision(soci::session& session, const NameDecision& decision);
/// What is suspicious about the name, of either kind of decision; counted for rank_squats().
void insert_names(soci::session& session, long long decision, util::TimePoint at,
                  const std::vector<findings::NameVerdict>& names);
std::vector<findings::NameVerdict> select_names(soci::session& session, long long decision);
std::vector<DecisionRecord> select_newest_decisions(soci::session& session);
std::vector<oci::Digest> select_manifests_with_blob(soci::session& session, const std::string& host,
                                                    const std::string& repository, const oci::Digest& blob);
std::optional<util::TimePoint> select_first_seen(soci::session& session, const oci::Digest& manifest);

std::optional<TagRecord> select_tag(soci::session& session, const std::string& host,
                                    const std::string& repository, const std::string& tag);
void upsert_tag(soci::session& session, const TagRecord& record);

void merge_pulls(soci::session& session, const std::vector<PullRecord>& pulls);

void insert_event(soci::session& session, const Event& event);
std::vector<Event> select_events(soci::session& session, const EventQuery& query);
void upsert_cursor(soci::session& session, const Cursor& cursor);
std::vector<Cursor> select_cursors(soci::session& session);
void delete_cursor(soci::session& session, const std::string& name);

bool take_lease(soci::session& session, const Lease& lease, util::TimePoint now);
void delete_lease(soci::session& session, const std::string& name, const std::string& holder);

std::vector<findings::Waiver> select_active_waivers(soci::session& session, util::TimePoint now);
void insert_waiver(soci::session& session, const findings::Waiver& waiver);
std::optional<WaiverRecord> select_waiver(soci::session& session, const std::string& id);
std::vector<WaiverRecord> select_waivers(soci::session& session, const WaiverQuery& query,
                                         util::TimePoint now);
WaiverCounts count_waivers(soci::session& session, util::TimePoint now);
Revoked revoke_waiver(soci::session& session, const std::string& id, const Revocation& revocation);
/// Marks them as announced.
std::vector<findings::Waiver> take_expired_waivers(soci::session& session, util::TimePoint now,
                                                   std::size_t limit);

std::vector<RuleSetting> select_rule_settings(soci::session& session);
void insert_rule_setting(soci::session& session, const RuleSetting& setting);
void delete_rule_setting(soci::session& session, const std::string& file, const std::string& rule);

NewToken make_token(const std::string& name, Role role, util::TimePoint now, util::TimePoint expires);
void insert_token(soci::session& session, const NewToken& token);
std::vector<TokenRecord> select_tokens(soci::session& session);
bool revoke_token(soci::session& session, const std::string& id, util::TimePoint now);
std::optional<TokenRecord> verify_token(soci::session& session, std::string_view secret, util::TimePoint now);
void note_token_use(soci::session& session, const std::string& id, util::TimePoint now);

/// The last component of a path.
std::string file_name(std::string_view path);
/// The layer's number; from now on it counts as not known.
long long begin_layer(soci::session& session, const LayerInventory& inventory);
/// Removes about so many of its files; true when none is left.
bool clear_layer(soci::session& session, long long layer, std::size_t rows);
void insert_layer_files(soci::session& session, long long layer, long long first,
                        std::span<const LayerFile> files);
void finish_layer(soci::session& session, long long layer);
InventoryState select_layer_state(soci::session& session, const oci::Digest& layer);
std::vector<LayerFile> select_layer_files(soci::session& session, const oci::Digest& layer,
                                          const std::string& after_path, std::size_t limit);
std::optional<std::vector<std::string>> select_setuid_files(soci::session& session, const oci::Digest& layer);

ImagePage search_images(soci::session& session, const ImageQuery& query);
std::uint64_t count_images(soci::session& session, const ImageQuery& query);
std::vector<FilePlace> search_files(soci::session& session, const std::string& hash_or_path,
                                    std::size_t limit);
PullPage search_pulls(soci::session& session, const PullQuery& query);
std::vector<Puller> search_pullers(soci::session& session, const PullerQuery& query);

std::vector<TimeBucket> count_pulls(soci::session& session, const Period& period, std::chrono::hours width);
std::vector<Ranked> rank_rules(soci::session& session, const Period& period, std::size_t limit);
std::vector<Ranked> rank_names(soci::session& session, const Period& period,
                               std::optional<findings::Action> action, std::size_t limit);
std::vector<RankedSquat> rank_squats(soci::session& session, const Period& period, std::size_t limit);

std::vector<RetroAlert> select_retro_alerts(soci::session& session, const RetroAlertQuery& query);
std::uint64_t count_open_retro_alerts(soci::session& session);

}  // namespace portcullis::records
