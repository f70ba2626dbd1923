// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "portcullis/gate/gate.hpp"
#include "problem.hpp"
#include "work.hpp"

namespace portcullis::gate {

/// Tag -> digest: believed for `tag_ttl`, then asked again (upstream HEAD, once however many wait).
/// While the upstream is down, rate-limited or broken the last known digest is offered for at most
/// `stale_max`; never after it said 401, 403 or 404. Thread-safe.
class Resolver {
 public:
  Resolver(const Parts& parts, const Options& options) : parts_(parts), options_(options) {}

  /// Blocks for an upstream round trip at most.
  Attempt<oci::Digest> resolve(upstream::Registry& registry, const std::string& host,
                               const oci::Repository& repository, const oci::Tag& tag);

  /// What resolve() would say without asking anybody; nullopt when it would have to ask. Does not wait
  /// for who is asking.
  std::optional<Attempt<oci::Digest>> known_now(const std::string& host, const oci::Repository& repository,
                                                const oci::Tag& tag);

 private:
  struct Known {
    std::mutex asking;         ///< one upstream request a tag at a time; the others take its answer
    mutable std::mutex state;  ///< of all below but last_use; never held while the upstream is asked
    std::optional<records::TagRecord> record;
    /// The upstream's last trouble; it is not asked again before `ask_again`.
    std::optional<Problem> trouble;
    util::TimePoint ask_again{};
    util::TimePoint last_use{};
  };
  std::shared_ptr<Known> known(const std::string& key);
  std::optional<Attempt<oci::Digest>> still_true(const Known& slot, const std::string& host,
                                                 const oci::Repository& repository,
                                                 const oci::Tag& tag) const;
  Attempt<oci::Digest> ask(upstream::Registry& registry, const oci::Repository& repository,
                           const oci::Tag& tag, records::TagRecord wanted, Known& known);
  /// `known.state` is held.
  Attempt<oci::Digest> fall_back(const Known& known, const records::TagRecord& wanted) const;
  Attempt<oci::Digest> learn(Known& known, records::TagRecord confirmed);

  const Parts& parts_;
  const Options& options_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Known>> tags_;
};

}  // namespace portcullis::gate
