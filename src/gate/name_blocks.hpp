// SPDX-License-Identifier: Apache-2.0
//
// Names that are turned away by themselves, before an upstream or a credential is involved.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "names.hpp"
#include "portcullis/gate/gate.hpp"
#include "problem.hpp"

namespace portcullis::gate {

/// A request, as far as its name goes.
struct AskedName {
  std::string host;
  std::string repository;
  std::string reference;  ///< tag or digest; empty when the request has none
  Client client;
};

struct BlockedName {
  Problem problem;  ///< the answer
  /// On record; null when it could not be written down, or when there were too many new ones in a minute.
  /// The answer is the same then, without a report id.
  std::shared_ptr<const records::NameDecision> decision = {};
};

/// The decisions about names alone. One stands for as long as it says the same, across restarts and for all
/// of a fleet. Thread-safe.
class NameBlocks {
 public:
  explicit NameBlocks(const Parts& parts) : parts_(parts) {}

  /// nullopt unless the name alone blocks; Status::failed when the waivers cannot be read.
  std::optional<BlockedName> find(const policy::Policy& policy, const AskedName& asked,
                                  const Suspicions& suspicions);
  /// The answer for a host that is not configured, with an event when it resembles one that people know.
  Problem unknown_host(const AskedName& asked, const Suspicions& suspicions);

 private:
  using DecisionPtr = std::shared_ptr<const records::NameDecision>;

  DecisionPtr on_record(records::NameDecision decision, const AskedName& asked);
  DecisionPtr on_record_locked(records::NameDecision decision, const AskedName& asked);
  /// Counts it. Clients try again and again: false when the same one did so within this minute.
  bool is_news(const AskedName& asked, const findings::NameVerdict& verdict, findings::Action action);

  const Parts& parts_;
  std::mutex deciding_;                       ///< held while a decision is written, so that there is one
  std::map<std::string, DecisionPtr> known_;  ///< by `host/repository`
  std::size_t made_ = 0;                      ///< in `deciding_minute_`
  std::int64_t deciding_minute_ = 0;
  std::mutex mutex_;
  std::set<std::string> noticed_;  ///< in `minute_`
  std::int64_t minute_ = 0;
};

}  // namespace portcullis::gate
