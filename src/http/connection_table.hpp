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
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "reply.hpp"
#include "request_collector.hpp"
#include "send_pace.hpp"
#include "transport.hpp"

namespace portcullis::http {

using SteadyTime = std::chrono::steady_clock::time_point;

enum class Stage {
  handshake,  ///< TLS is being agreed on
  idle,       ///< between requests, or fresh
  head,       ///< part of a head has arrived
  body,       ///< part of a body has arrived
  active,     ///< a worker has it; no deadline of ours
  sending,    ///< the client is slow to take its answer
  streaming,  ///< its live body has nothing to send right now
  lingering,  ///< answered and done; read on for a moment, or the client may lose the answer
};
inline constexpr std::size_t kStages = 8;

/// A request that is being answered.
struct Exchange {
  Request request;
  Reply reply;
  std::shared_ptr<LiveBody> live = {};  ///< follows the reply
  KeepAlive keep_alive = KeepAlive::no;
  int status = 0;
  SteadyTime begin{};
  bool parked = false;  ///< the client was waited for without a thread
};

struct Connection {
  Connection(std::unique_ptr<Transport> stream, Peer other_end, std::string counted_under,
             const RequestLimits& limits, BodyBudget& budget)
      : transport(std::move(stream)),
        peer(std::move(other_end)),
        site(std::move(counted_under)),
        collector(limits, budget) {}

  std::unique_ptr<Transport> transport;
  Peer peer;
  std::string site;  ///< whose connection it counts as; empty: nobody's
  RequestCollector collector;
  std::optional<Exchange> exchange;
  SendPace pace;
  bool in_handshake = false;  ///< a thread is at it right now; guarded like the table
  bool watched = true;        ///< epoll knows it

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

  template <class... Arguments>
  Connection& add(Stage stage, SteadyTime now, Arguments&&... arguments) {
    auto& connection = list(stage).emplace_back(std::forward<Arguments>(arguments)...);
    file_new(connection, stage, now);
    return connection;
  }
  /// A new stage starts a new deadline; staying in one does not, however many bytes trickle in.
  void move(Connection& connection, Stage stage, SteadyTime now);
  /// Gives it the whole patience of its stage once more.
  void restart(Connection& connection, SteadyTime now);
  void remove(Connection& connection);
  void clear(Stage stage);
  void clear();

  /// One whose deadline has passed; nullptr when there is none.
  Connection* expired(SteadyTime now);
  /// Whom to send away when the house is full: who has not got through the handshake, else who has
  /// been silent for longest; nullptr when everybody is busy.
  Connection* least_needed();
  /// Of those in stage `handshake`, one that no thread is at; nullptr when there is none.
  Connection* first_outside_handshake();
  std::size_t count_of_site(const std::string& site) const;
  std::size_t count(Stage stage) const { return list(stage).size(); }
  std::size_t size() const;
  template <class Visit>
  void for_each(Stage stage, Visit visit) {
    for (auto& connection : list(stage)) visit(connection);
  }

 private:
  void file_new(Connection& connection, Stage stage, SteadyTime now);
  void forget_site(const Connection& connection);
  std::list<Connection>& list(Stage stage) { return lists_[static_cast<std::size_t>(stage)]; }
  const std::list<Connection>& list(Stage stage) const { return lists_[static_cast<std::size_t>(stage)]; }

  Patience patience_;
  std::array<std::list<Connection>, kStages> lists_;
  std::unordered_map<std::string, std::size_t> sites_;  ///< connections of each
};

}  // namespace portcullis::http
