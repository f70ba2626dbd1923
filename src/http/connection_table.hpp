// SPDX-License-Identifier: Apache-2.0
//
// All open connections of a listener, filed by what they wait for. Each stage has one fixed
// patience, so a list in order of arrival is also in order of deadline and nothing is ever sorted.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <list>
#include <memory>
#include <utility>

#include "request_collector.hpp"
#include "transport.hpp"

namespace portcullis::http {

using SteadyTime = std::chrono::steady_clock::time_point;

enum class Stage {
  idle,       ///< between requests, or fresh
  head,       ///< part of a head has arrived
  body,       ///< part of a body has arrived
  active,     ///< a worker has it; no deadline of ours
  lingering,  ///< answered and done; read on for a moment, or the client may lose the answer
};
inline constexpr std::size_t kStages = 5;

struct Connection {
  Connection(std::unique_ptr<Transport> stream, Peer other_end, const RequestLimits& limits,
             BodyBudget& budget)
      : transport(std::move(stream)), peer(std::move(other_end)), collector(limits, budget) {}

  std::unique_ptr<Transport> transport;
  Peer peer;
  RequestCollector collector;

  // Kept by the table.
  Stage stage = Stage::idle;
  SteadyTime deadline{};
  std::list<Connection>::iterator self{};
};

/// Not thread-safe: the listener guards it. Connections keep their address.
class ConnectionTable {
 public:
  using Patience = std::array<std::chrono::milliseconds, kStages>;

  explicit ConnectionTable(const Patience& patience) : patience_(patience) {}

  /// Files it under `idle`.
  Connection& add(std::unique_ptr<Transport> transport, Peer peer, const RequestLimits& limits,
                  BodyBudget& budget, SteadyTime now);
  /// A new stage starts a new deadline; staying in one does not, however many bytes trickle in.
  void move(Connection& connection, Stage stage, SteadyTime now);
  void remove(Connection& connection);
  void clear(Stage stage) { list(stage).clear(); }

  /// One whose deadline has passed; nullptr when there is none.
  Connection* expired(SteadyTime now);
  Connection* longest_idle();
  std::size_t count(Stage stage) const { return list(stage).size(); }
  std::size_t size() const;
  template <class Visit>
  void for_each(Stage stage, Visit visit) {
    for (auto& connection : list(stage)) visit(connection);
  }

 private:
  std::list<Connection>& list(Stage stage) { return lists_[static_cast<std::size_t>(stage)]; }
  const std::list<Connection>& list(Stage stage) const { return lists_[static_cast<std::size_t>(stage)]; }

  Patience patience_;
  std::array<std::list<Connection>, kStages> lists_;
};

}  // namespace portcullis::http
