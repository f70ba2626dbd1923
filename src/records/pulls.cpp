// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <limits>
#include <tuple>

#include "columns.hpp"
#include "encoding.hpp"
#include "tables.hpp"

namespace portcullis::records {
namespace {

auto texts(PullRecord& p) {
  return std::tie(p.host, p.repository, p.reference, p.client_address, p.client_user, p.client_agent,
                  p.decision_id);
}

PullRecord empty_row() { return {.manifest = oci::Digest::of("")}; }

}  // namespace

void merge_pulls(soci::session& session, const std::vector<PullRecord>& pulls) {
  PullRecord row = empty_row();
  std::string manifest;
  long long minute = 0;
  long long requests = 0;
  // The name it was asked by stays that of the first request; what was answered is the newest.
  soci::statement merge =
      (session.prepare
           << "INSERT INTO pulls (client_address, client_user, client_agent, host, repository, manifest, "
              "minute,"
              " reference, action, check_only, decision_id, first_at, last_at, requests)"
              " VALUES (:client_address, :client_user, :client_agent, :host, :repository, :manifest, :minute,"
              " :reference, :action, :check_only, :decision_id, :first_at, :last_at, :requests)"
              " ON CONFLICT (client_address, client_user, client_agent, host, repository, manifest, minute)"
              " DO UPDATE SET requests = pulls.requests + excluded.requests,"
              " check_only = CASE WHEN excluded.check_only = 0 THEN 0 ELSE pulls.check_only END,"
              " action = CASE WHEN excluded.last_at >= pulls.last_at THEN excluded.action ELSE pulls.action "
              "END,"
              " decision_id = CASE WHEN excluded.last_at >= pulls.last_at THEN excluded.decision_id"
              " ELSE pulls.decision_id END,"
              " first_at = CASE WHEN excluded.first_at < pulls.first_at THEN excluded.first_at"
              " ELSE pulls.first_at END,"
              " last_at = CASE WHEN excluded.last_at > pulls.last_at THEN excluded.last_at ELSE "
              "pulls.last_at END",
       soci::use(row.client_address), soci::use(row.client_user), soci::use(row.client_agent),
       soci::use(row.host), soci::use(row.repository), soci::use(manifest), soci::use(minute),
       soci::use(row.reference), soci::use(row.action), soci::use(row.check_only), soci::use(row.decision_id),
       soci::use(row.first), soci::use(row.last), soci::use(requests));
  for (const auto& pull : pulls) {
    row = pull;
    encode_all(texts(row));
    manifest = pull.manifest.text();
    minute = std::chrono::floor<std::chrono::minutes>(pull.first).time_since_epoch().count();
    requests = pull.requests;
    merge.execute(true);
  }
}

std::vector<PullRecord> select_pulls(soci::session& session, const std::string& host,
                                     const std::string& repository, std::size_t limit) {
  const auto encoded_host = encode(host);
  const auto encoded_repository = encode(repository);
  const auto rows = std::min(limit, kMaxRows);
  std::vector<PullRecord> pulls;
  PullRecord row = empty_row();
  std::string manifest;
  long long requests = 0;
  soci::statement query =
      (session.prepare
           << "SELECT host, repository, client_address, client_user, client_agent, manifest, reference,"
              " action, check_only, decision_id, first_at, last_at, requests FROM pulls"
              " WHERE host = :host AND repository = :repository"
              " ORDER BY last_at DESC, client_address, client_user, client_agent, manifest, minute"
              " LIMIT :row_limit",
       soci::use(encoded_host), soci::use(encoded_repository), soci::use(rows), soci::into(row.host),
       soci::into(row.repository), soci::into(row.client_address), soci::into(row.client_user),
       soci::into(row.client_agent), soci::into(manifest), soci::into(row.reference), soci::into(row.action),
       soci::into(row.check_only), soci::into(row.decision_id), soci::into(row.first), soci::into(row.last),
       soci::into(requests));
  query.execute();
  while (query.fetch()) {
    PullRecord pull = row;
    decode_all(texts(pull));
    pull.manifest = digest_column(manifest);
    constexpr long long kMost = std::numeric_limits<std::uint32_t>::max();
    pull.requests = static_cast<std::uint32_t>(std::clamp(requests, 0LL, kMost));
    pulls.push_back(std::move(pull));
  }
  return pulls;
}

}  // namespace portcullis::records
