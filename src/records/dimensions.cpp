// SPDX-License-Identifier: Apache-2.0
#include "dimensions.hpp"

#include "encoding.hpp"

namespace portcullis::records {

long long Dimensions::name(const std::string& host, const std::string& repository) {
  auto& id = names_[{host, repository}];
  if (id != 0) return id;
  const auto encoded_host = encode(host);
  const auto encoded_repository = encode(repository);
  session_ << "SELECT id FROM names WHERE host = :host AND repository = :repository", soci::use(encoded_host),
      soci::use(encoded_repository), soci::into(id);
  if (session_.got_data()) return id;
  session_ << "INSERT INTO names (host, repository) VALUES (:host, :repository) RETURNING id",
      soci::use(encoded_host), soci::use(encoded_repository), soci::into(id);
  return id;
}

long long Dimensions::image(long long name, const std::string& manifest) {
  auto& id = images_[{name, manifest}];
  if (id != 0) return id;
  session_ << "SELECT id FROM images WHERE name = :name AND manifest = :manifest", soci::use(name),
      soci::use(manifest), soci::into(id);
  if (session_.got_data()) return id;
  session_ << "INSERT INTO images (name, manifest, decision, action, decided_at, pulled_at)"
              " VALUES (:name, :manifest, 0, 'block', 0, 0) RETURNING id",
      soci::use(name), soci::use(manifest), soci::into(id);
  return id;
}

long long Dimensions::client(const PullRecord& pull) {
  auto& id = clients_[{pull.client_address, pull.client_user, pull.client_agent}];
  if (id != 0) return id;
  const auto address = encode(pull.client_address);
  const auto user = encode(pull.client_user);
  const auto agent = encode(pull.client_agent);
  session_ << "SELECT id FROM clients WHERE address = :address AND user_name = :user_name AND agent = :agent",
      soci::use(address), soci::use(user), soci::use(agent), soci::into(id);
  if (session_.got_data()) return id;
  session_
      << "INSERT INTO clients (address, user_name, agent) VALUES (:address, :user_name, :agent) RETURNING id",
      soci::use(address), soci::use(user), soci::use(agent), soci::into(id);
  return id;
}

}  // namespace portcullis::records
