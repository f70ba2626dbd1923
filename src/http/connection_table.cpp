// SPDX-License-Identifier: Apache-2.0
#include "connection_table.hpp"

namespace portcullis::http {

namespace {
/// How many connections are looked at for one to send away.
constexpr int kMostLookedAt = 64;
}  // namespace

void ConnectionTable::file_new(Connection& connection, Stage stage, SteadyTime now) {
  connection.self = std::prev(list(stage).end());
  connection.stage = stage;
  connection.deadline = now + patience_[static_cast<std::size_t>(stage)];
  if (!connection.site.empty()) ++sites_[connection.site];
}

void ConnectionTable::move(Connection& connection, Stage stage, SteadyTime now) {
  if (connection.stage == stage) return;
  auto& to = list(stage);
  to.splice(to.end(), list(connection.stage), connection.self);
  connection.stage = stage;
  connection.deadline = now + patience_[static_cast<std::size_t>(stage)];
}

void ConnectionTable::restart(Connection& connection, SteadyTime now) {
  auto& waiting = list(connection.stage);
  waiting.splice(waiting.end(), waiting, connection.self);
  connection.deadline = now + patience_[static_cast<std::size_t>(connection.stage)];
}

void ConnectionTable::remove(Connection& connection) {
  forget_site(connection);
  list(connection.stage).erase(connection.self);
}

void ConnectionTable::clear(Stage stage) {
  for (const auto& connection : list(stage)) forget_site(connection);
  list(stage).clear();
}

void ConnectionTable::clear() {
  for (std::size_t stage = 0; stage < kStages; ++stage) clear(static_cast<Stage>(stage));
}

void ConnectionTable::forget_site(const Connection& connection) {
  const auto found = sites_.find(connection.site);
  if (found != sites_.end() && --found->second == 0) sites_.erase(found);
}

std::size_t ConnectionTable::count_of_site(const std::string& site) const {
  const auto found = sites_.find(site);
  return found == sites_.end() ? 0 : found->second;
}

Connection* ConnectionTable::expired(SteadyTime now) {
  for (const auto stage :
       {Stage::handshake, Stage::idle, Stage::head, Stage::body, Stage::sending, Stage::lingering}) {
    auto& waiting = list(stage);
    if (!waiting.empty() && waiting.front().deadline <= now) return &waiting.front();
  }
  return nullptr;
}

Connection* ConnectionTable::least_needed() {
  if (auto* outside = first_outside_handshake()) return outside;
  auto& idle = list(Stage::idle);
  return idle.empty() ? nullptr : &idle.front();
}

Connection* ConnectionTable::first_outside_handshake() {
  auto& shaking = list(Stage::handshake);
  int looked_at = 0;
  for (auto& connection : shaking) {
    if (!connection.in_handshake) return &connection;
    if (++looked_at == kMostLookedAt) break;
  }
  return nullptr;
}

std::size_t ConnectionTable::size() const {
  std::size_t total = 0;
  for (const auto& waiting : lists_) total += waiting.size();
  return total;
}

}  // namespace portcullis::http
