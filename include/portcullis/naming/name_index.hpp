// SPDX-License-Identifier: Apache-2.0
//
// Is this name a squat of another? Each component is judged apart: registry host, namespace,
// repository, and the pair (an official name in a stranger's namespace).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "portcullis/findings/name_verdict.hpp"
#include "portcullis/naming/reference_data.hpp"
#include "portcullis/oci/reference.hpp"
#include "portcullis/util/result.hpp"

namespace portcullis::naming {

struct Options {
  /// `names.protect`: more names worth imitating, as one would type them: `corp/app`, `ghcr.io/corp/app`,
  /// or `corp/*` for a whole namespace, `registry.corp.example` or `registry.corp.example/*` for a host.
  std::vector<std::string> protect = {};
  /// `names.allow`: globs over `host/repository` that are never suspected; lifts known-bad names too.
  std::vector<std::string> allow = {};
  /// `names.deny`: globs over `host/repository` that block at once. Stronger than `allow`.
  std::vector<std::string> deny = {};
  /// Hosts that somebody wrote into the configuration (upstreams): never suspected as hosts.
  std::vector<std::string> trusted_hosts = {};
  /// Suspicions below this score are not reported.
  double warn_score = 0.5;
};

/// Short hex. Differs when an index of these may judge a name otherwise.
std::string fingerprint(const ReferenceData& data, const Options& options);

/// Immutable after build(), safe to use from any number of threads. Deterministic.
class NameIndex {
 public:
  /// Fails (ErrorKind::invalid) when an option or a row is no name; the message quotes it.
  static util::Result<NameIndex> build(const ReferenceData& data, const Options& options = {});
  ~NameIndex();
  NameIndex(NameIndex&&) noexcept;
  NameIndex& operator=(NameIndex&&) noexcept;

  /// At most one verdict a component, registry first; empty for a name without suspicion. `host` as in
  /// oci::Reference (`docker.io`, `ghcr.io:443`), `repository` as `library/nginx`. Case does not matter.
  std::vector<findings::NameVerdict> judge(std::string_view host, std::string_view repository) const;
  std::vector<findings::NameVerdict> judge(const oci::Reference& reference) const {
    return judge(reference.host(), reference.repository().text());
  }
  /// The host alone; what can be asked before anything is known of the repository.
  std::vector<findings::NameVerdict> judge_host(std::string_view host) const;
  /// For text that is no reference because of letters that no registry accepts: which name it would be
  /// taken for by eye. Empty when the letters are ASCII, or resemble nothing.
  std::vector<findings::NameVerdict> judge_look_alike(std::string_view utf8) const;

 private:
  class Impl;
  explicit NameIndex(std::unique_ptr<const Impl> impl);
  std::unique_ptr<const Impl> impl_;
};

/// Whether one of `verdicts` blocks at once.
bool blocks_at_once(const std::vector<findings::NameVerdict>& verdicts);

}  // namespace portcullis::naming
