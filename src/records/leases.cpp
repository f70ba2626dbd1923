// SPDX-License-Identifier: Apache-2.0
#include "encoding.hpp"
#include "tables.hpp"

namespace portcullis::records {

bool take_lease(soci::session& session, const Lease& lease, util::TimePoint now) {
  const auto name = encode(lease.name);
  const auto holder = encode(lease.holder);
  const auto until = util::to_millis(lease.until);
  const auto current = util::to_millis(now);
  session << "INSERT INTO leases (name, holder, until_at) VALUES (:name, :holder, :until_at)"
             " ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until_at = excluded.until_at"
             " WHERE leases.holder = excluded.holder OR leases.until_at <= :now",
      soci::use(name), soci::use(holder), soci::use(until), soci::use(current);
  std::string owner;
  session << "SELECT holder FROM leases WHERE name = :name", soci::use(name), soci::into(owner);
  return owner == holder;
}

void delete_lease(soci::session& session, const std::string& name, const std::string& holder) {
  const auto encoded_name = encode(name);
  const auto encoded_holder = encode(holder);
  session << "DELETE FROM leases WHERE name = :name AND holder = :holder", soci::use(encoded_name),
      soci::use(encoded_holder);
}

}  // namespace portcullis::records
