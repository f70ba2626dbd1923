// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "judged.hpp"
#include "portcullis/gate/gate.hpp"
#include "problem.hpp"
#include "scans.hpp"
#include "under_way.hpp"

namespace portcullis::gate {

/// Judges one manifest: fetch, look at its structure, scan what it refers to, decide, record.
/// Blocking; thread-safe.
class Judge {
 public:
  Judge(const Parts& parts, const Options& options, Scans& scans, policy::Policy policy);

  struct Verdict {
    std::shared_ptr<const Judged> judged;
    std::vector<policy::ScannedBlob> blobs;  ///< for reports; not kept in memory
  };
  /// `reference` is what was asked for (a tag or the digest), for the record.
  Attempt<Verdict> judge(upstream::Registry& registry, const ImageKey& key, const std::string& reference);

  /// Is a decision made earlier still what would be decided now?
  bool current(const Judged& judged) const;

  void set_policy(policy::Policy policy);

  const UnderWay& under_way() const { return under_way_; }

 private:
  struct Document {
    std::shared_ptr<const std::string> body;
    std::string declared_type;  ///< empty when it comes from our own store
  };
  Attempt<Document> load(upstream::Registry& registry, const ImageKey& key,
                         const std::optional<records::DecisionRecord>& before);
  /// Fetches and has everything scanned; or gives the decision when the manifest alone already blocks.
  Attempt<std::optional<findings::Decision>> look_inside(const policy::Policy& policy,
                                                         upstream::Registry& registry, const ImageKey& key,
                                                         const oci::Manifest& manifest,
                                                         policy::Inputs& inputs);
  /// Layers of document types beside an image config: refused when a runtime could unpack them.
  Attempt<void> check_documents(upstream::Registry& registry, const ImageKey& key,
                                const oci::Manifest& manifest, policy::Inputs& inputs);
  /// The first `size` bytes of a blob that was fetched before, fewer when it has no more.
  Attempt<std::string> read_blob(upstream::Registry& registry, const ImageKey& key,
                                 const oci::Descriptor& blob, std::size_t size);
  Attempt<void> read_config(upstream::Registry& registry, const ImageKey& key, const oci::Descriptor& config,
                            policy::Inputs& inputs);
  Attempt<void> conclude(const policy::Policy& policy, const policy::Inputs& inputs,
                         const std::optional<findings::Decision>& as_it_stands,
                         const std::optional<records::DecisionRecord>& before, Judged& judged);
  std::shared_ptr<const policy::Policy> policy() const;

  const Parts& parts_;
  const Options& options_;
  Scans& scans_;
  UnderWay under_way_;
  mutable std::mutex policy_mutex_;
  std::shared_ptr<const policy::Policy> policy_;
  std::string policy_fingerprint_;
};

}  // namespace portcullis::gate
