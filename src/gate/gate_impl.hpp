// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "board.hpp"
#include "drifts.hpp"
#include "judge.hpp"
#include "judged.hpp"
#include "keeper.hpp"
#include "listings.hpp"
#include "name_blocks.hpp"
#include "names.hpp"
#include "portcullis/gate/gate.hpp"
#include "profiles.hpp"
#include "pulls.hpp"
#include "rescans.hpp"
#include "resolver.hpp"
#include "scans.hpp"
#include "standing.hpp"
#include "work.hpp"

namespace portcullis::gate {

class GateImpl final : public Gate {
 public:
  GateImpl(const Parts& parts, const Options& options, policy::Policy policy);
  ~GateImpl() override { stop(); }

  ManifestAnswer manifest(const ManifestRequest& request) override;
  BlobAnswer blob(const BlobRequest& request) override;
  ReferrersAnswer referrers(const ReferrersRequest& request) override;
  TagsAnswer tags(const TagsRequest& request) override;
  Judgement judge(const ManifestRequest& request) override;
  void set_names(std::shared_ptr<const naming::NameIndex> names) override { names_.set(std::move(names)); }
  void set_policy(policy::Policy policy) override;
  std::vector<JudgingNow> judging() const override { return board_.all(); }
  RescanProgress rescans() const override { return rescans_.progress(); }
  util::Result<void> rescan(const std::string& host, const std::string& repository,
                            const oci::Digest& manifest) override;
  void waivers_changed() override { keeper_.look(); }
  void stop() override;

 private:
  using Deadline = std::chrono::steady_clock::time_point;
  using JudgedPtr = std::shared_ptr<const Judged>;
  using Verdict = Attempt<Judge::Verdict>;

  /// One request on its way: what it asks for, and which upstream answers for it.
  struct Target {
    upstream::Registry* registry;
    ImageKey key;
    std::string reference;
  };
  /// Null when the host is not configured.
  upstream::Registry* find_registry(const std::string& host, std::string_view repository) const;
  /// Before anything is asked of anybody: not for a name that blocks at once, nor for an unknown host.
  /// `pull`: it is one, to be recorded when it is blocked here.
  Attempt<upstream::Registry*> registry_for(const AskedName& asked, std::optional<Method> pull = {});
  Attempt<Target> locate(const ManifestRequest& request, Deadline deadline);
  Attempt<oci::Digest> resolve(upstream::Registry& registry, const Resolver::Name& name, Deadline deadline);

  /// The current decision: from memory, or by judging; Status::pending when `deadline` passes.
  Attempt<JudgedPtr> current(const Target& target, Deadline deadline);
  /// With its duration measured.
  Verdict judge_now(const Target& target);
  Verdict judge_safely(const Target& target);
  void announce_counters();
  /// Known already, running or, from now on, on its way; nullopt when the queue is full.
  std::optional<std::shared_future<Verdict>> start(const Target& target);
  /// The first platform of the index that must not be served, or nullopt. They are judged side by side;
  /// an index in the index is looked into `depth` times.
  Attempt<std::optional<JudgedPtr>> blocked_child(const Target& target, const Judged& index,
                                                  const std::vector<oci::Platform>& wanted, Deadline deadline,
                                                  int depth);
  ManifestAnswer answer(const ManifestRequest& request, const Target& target, const JudgedPtr& judged,
                        const JudgedPtr& verdict);

  /// What may be shown of an image that is not served.
  static void show(ManifestAnswer& answer, const Judged& judged);

  /// A manifest of this repository that refers to the blob: one that may be served if there is one.
  Attempt<JudgedPtr> authorise(const BlobRequest& request, upstream::Registry& registry, Deadline deadline);
  /// For StopAt::config: one whose config the blob is and that must not be served, or nullopt.
  Attempt<std::optional<JudgedPtr>> sealing(const BlobRequest& request, upstream::Registry& registry,
                                            const std::vector<oci::Digest>& manifests, Deadline deadline);
  BlobAnswer serve(const BlobRequest& request, upstream::Registry& registry, const Judged& judged,
                   Deadline deadline);

  const Parts parts_;
  const Options options_;
  std::unique_ptr<upstream::Registry> canary_;
  Scans scans_;
  PullRecorder pulls_;
  JudgedCache cache_;
  Standing standing_;
  Profiles profiles_;
  Board board_;
  Names names_;
  NameBlocks name_blocks_;
  Judge judge_;
  Drifts drifts_;
  Resolver resolver_;
  Listings listings_;
  util::LanePool pool_;
  SingleFlight<Verdict> flight_;
  util::LanePool lookups_;
  SingleFlight<Attempt<oci::Digest>> resolving_;
  Rescans rescans_;
  Keeper keeper_;
  std::atomic<bool> stopped_{false};
};

}  // namespace portcullis::gate
