// SPDX-License-Identifier: Apache-2.0
//
// The statements, by topic: one source file each. They run inside a transaction of the caller and
// throw what SOCI throws.
#pragma once

#include <soci/soci.h>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "portcullis/records/records.hpp"

namespace portcullis::records {

/// No answer is longer than this many rows.
inline constexpr std::size_t kMaxRows = 10'000;

std::optional<ScanRecord> select_scan(soci::session& session, const ScanKey& key);
void replace_scan(soci::session& session, const ScanRecord& record);

std::optional<DecisionRecord> select_decision(soci::session& session, const std::string& host,
                                              const std::string& repository, const oci::Digest& manifest);
std::optional<DecisionRecord> select_decision(soci::session& session, const std::string& id);
void insert_decision(soci::session& session, const DecisionRecord& record);
std::vector<DecisionRecord> select_newest_decisions(soci::session& session);
std::vector<oci::Digest> select_manifests_with_blob(soci::session& session, const std::string& host,
                                                    const std::string& repository, const oci::Digest& blob);
std::optional<util::TimePoint> select_first_seen(soci::session& session, const oci::Digest& manifest);

std::optional<TagRecord> select_tag(soci::session& session, const std::string& host,
                                    const std::string& repository, const std::string& tag);
void upsert_tag(soci::session& session, const TagRecord& record);

void merge_pulls(soci::session& session, const std::vector<PullRecord>& pulls);
std::vector<PullRecord> select_pulls(soci::session& session, const std::string& host,
                                     const std::string& repository, std::size_t limit);

void insert_event(soci::session& session, const Event& event);
std::vector<Event> select_events(soci::session& session, const EventQuery& query);

std::vector<findings::Waiver> select_waivers(soci::session& session, util::TimePoint now);

}  // namespace portcullis::records
