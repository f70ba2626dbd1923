// SPDX-License-Identifier: Apache-2.0
#include <tuple>

#include "columns.hpp"
#include "encoding.hpp"
#include "tables.hpp"

namespace portcullis::records {
namespace {

auto texts(findings::Waiver& w) {
  return std::tie(w.id, w.rule, w.repository, w.digest, w.file_hash, w.reason, w.author);
}

}  // namespace

std::vector<findings::Waiver> select_waivers(soci::session& session, util::TimePoint now) {
  std::vector<findings::Waiver> waivers;
  findings::Waiver row;
  soci::statement query =
      (session.prepare
           << "SELECT id, rule, repository, digest, file_hash, reason, author, created_at, expires_at"
              " FROM waivers WHERE expires_at > :now_at ORDER BY id LIMIT :row_limit",
       soci::use(now), soci::use(kMaxRows), soci::into(row.id), soci::into(row.rule),
       soci::into(row.repository), soci::into(row.digest), soci::into(row.file_hash), soci::into(row.reason),
       soci::into(row.author), soci::into(row.created), soci::into(row.expires));
  query.execute();
  while (query.fetch()) {
    findings::Waiver waiver = row;
    decode_all(texts(waiver));
    waivers.push_back(std::move(waiver));
  }
  return waivers;
}

}  // namespace portcullis::records
