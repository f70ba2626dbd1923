// SPDX-License-Identifier: Apache-2.0
#include "connection_table.hpp"

namespace portcullis::http {

Connection& ConnectionTable::add(std::unique_ptr<Transport> transport, Peer peer, const RequestLimits& limits,
                                 BodyBudget& budget, SteadyTime now) {
  auto& idle = list(Stage::idle);
  auto& connection = idle.emplace_back(std::move(transport), std::move(peer), limits, budget);
  connection.self = std::prev(idle.end());
  connection.deadline = now + patience_[static_cast<std::size_t>(Stage::idle)];
  return connection;
}

void ConnectionTable::move(Connection& connection, Stage stage, SteadyTime now) {
  if (connection.stage == stage) return;
  auto& to = list(stage);
  to.splice(to.end(), list(connection.stage), connection.self);
  connection.stage = stage;
  connection.deadline = now + patience_[static_cast<std::size_t>(stage)];
}

void ConnectionTable::remove(Connection& connection) { list(connection.stage).erase(connection.self); }

Connection* ConnectionTable::expired(SteadyTime now) {
  for (const auto stage : {Stage::idle, Stage::head, Stage::body, Stage::lingering}) {
    auto& waiting = list(stage);
    if (!waiting.empty() && waiting.front().deadline <= now) return &waiting.front();
  }
  return nullptr;
}

Connection* ConnectionTable::longest_idle() {
  auto& idle = list(Stage::idle);
  return idle.empty() ? nullptr : &idle.front();
}

std::size_t ConnectionTable::size() const {
  std::size_t total = 0;
  for (const auto& waiting : lists_) total += waiting.size();
  return total;
}

}  // namespace portcullis::http
