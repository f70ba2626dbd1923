// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "drifts.hpp"
#include "portcullis/gate/gate.hpp"
#include "problem.hpp"

namespace portcullis::gate {

/// Tag -> digest: believed for `tag_ttl`, then asked again (upstream HEAD). While the upstream is down,
/// rate-limited or broken the last known digest is offered for at most `stale_max`; never after it said
/// 401, 403 or 404, which the records remember. Thread-safe.
class Resolver {
 public:
  Resolver(const Parts& parts, const Options& options, Drifts& drifts)
      : parts_(parts), options_(options), drifts_(drifts) {}

  struct Name {
    std::string host;
    oci::Repository repository;
    oci::Tag tag;
    std::string text() const { return host + '/' + repository.text() + ':' + tag.text(); }
  };
  /// What needs no question, and no wait.
  std::optional<oci::Digest> fresh(const Name& name);
  /// Asks, unless the upstream was in trouble a moment ago. Blocks for as long as the upstream takes;
  /// the caller sees to it that a name is asked for once at a time.
  Attempt<oci::Digest> resolve(upstream::Registry& registry, const Name& name);
  /// What is offered while the upstream does not answer; nullopt when there is nothing.
  Attempt<std::optional<oci::Digest>> stale(const Name& name);

 private:
  struct Known {
    std::mutex mutex;
    std::optional<records::TagRecord> record;
    /// The upstream's last trouble; it is not asked again before `ask_again`.
    std::optional<Problem> trouble;
    util::TimePoint ask_again{};
    util::TimePoint last_use{};  ///< under the map's mutex
  };
  std::shared_ptr<Known> known(const Name& name);
  Attempt<std::optional<oci::Digest>> stale(const Name& name, Known& slot);
  Attempt<oci::Digest> stale_or(const Name& name, Known& slot, const Problem& trouble);
  Attempt<oci::Digest> learn(Known& slot, records::TagRecord confirmed);
  void withdraw(const Name& name, Known& slot);

  const Parts& parts_;
  const Options& options_;
  Drifts& drifts_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Known>> tags_;
};

}  // namespace portcullis::gate
