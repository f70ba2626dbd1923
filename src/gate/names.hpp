// SPDX-License-Identifier: Apache-2.0
//
// What the name that is asked for says, before an upstream or a credential is involved.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "portcullis/gate/gate.hpp"
#include "problem.hpp"

namespace portcullis::gate {

using Suspicions = std::vector<findings::NameVerdict>;

/// A request, as far as its name goes.
struct AskedName {
  std::string host;
  std::string repository;
  std::string reference;  ///< tag or digest; empty when the request has none
  Client client;
};

/// Is whether the repository was served before a second signal for it?
bool asks_for_repository(const findings::NameVerdict& verdict);

/// A name-squat event with everything but what it is about: `portcullis.squat.*` and the rule.
records::Event squat_event(const findings::NameVerdict& verdict);

/// Thread-safe.
class Names {
 public:
  explicit Names(const Parts& parts);

  void set(std::shared_ptr<const naming::NameIndex> index);

  Suspicions judge(const std::string& host, const std::string& repository) const;
  /// Some image of the repository is let pass by its newest decision.
  util::Result<bool> served_before(const std::string& host, const std::string& repository) const;

  /// The answer, with its event, when the name alone blocks; Status::failed when the waivers cannot be read.
  std::optional<Problem> blocked_at_once(const policy::Policy& policy, const AskedName& asked,
                                         const Suspicions& suspicions);
  /// The answer for a host that is not configured, with an event when it resembles one that people know.
  Problem unknown_host(const AskedName& asked, const Suspicions& suspicions);

 private:
  /// Writes it down and gives its report id. Clients try again and again: the same one within a minute is one
  /// event. Empty when it could not be written; the answer is the same then.
  std::string report(const AskedName& asked, const findings::NameVerdict& verdict, findings::Action action,
                     std::string message);

  const Parts& parts_;
  mutable std::mutex mutex_;
  std::shared_ptr<const naming::NameIndex> index_;
  std::map<std::string, std::string> reported_;  ///< ids of this minute
  std::int64_t minute_ = 0;
};

}  // namespace portcullis::gate
