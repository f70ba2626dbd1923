// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "board.hpp"
#include "judged.hpp"
#include "names.hpp"
#include "portcullis/gate/gate.hpp"
#include "problem.hpp"
#include "profiles.hpp"
#include "pulls.hpp"
#include "scans.hpp"
#include "standing.hpp"
#include "under_way.hpp"

namespace portcullis::gate {

/// Why an image is judged, and what may then be used.
enum class Purpose {
  /// A client waits. What was served under older rules is decided from the scans of then, as long as
  /// those may stand.
  asked,
  /// In the background, after the policy or a waiver changed: the same. What cannot be fetched any more is
  /// decided from the records alone, when that blocks it.
  decide_again,
  rescan,          ///< in the background, with the present rules; bad luck is no verdict but a Problem
  rescan_finally,  ///< the same, and bad luck counts
  afresh,          ///< as rescan_finally, and no remembered scan is believed
};

/// What judgements share and leave behind. All of it outlives the judge.
struct JudgeMemory {
  JudgedCache& cache;
  Standing& standing;
  Profiles& profiles;
  Board& board;
  PullRecorder& pulls;
  Names& names;
};

/// Judges one manifest: fetch, look at its structure, scan what it refers to, decide, record.
/// Blocking; thread-safe.
class Judge {
 public:
  Judge(const Parts& parts, const Options& options, Scans& scans, JudgeMemory memory, policy::Policy policy);

  struct Verdict {
    std::shared_ptr<const Judged> judged;
    std::vector<policy::ScannedBlob> blobs;  ///< for reports; not kept in memory
  };
  /// `reference` is what was asked for (a tag or the digest), for the record; empty: as the last time.
  /// The verdict is in the cache when this returns, and never in the place of a newer one.
  Attempt<Verdict> judge(upstream::Registry& registry, const ImageKey& key, const std::string& reference,
                         Purpose purpose = Purpose::asked);

  /// Is a decision made earlier still what would be decided now, or may it stand until the image was
  /// scanned again?
  bool current(const Judged& judged) const;

  /// Somebody else decided about the image; what is remembered here is not that decision.
  void forget(const ImageKey& key, const std::string& decision_id);

  /// To an `image-blocked` event: the alert, when nobody was known to have pulled the image when the event
  /// was written, and somebody is now. Pulls are recorded a moment after they are served, also by other
  /// gates.
  util::Result<void> alert_late(const records::Event& blocked);

  void set_policy(policy::Policy policy);
  std::shared_ptr<const policy::Policy> policy() const;
  std::string policy_fingerprint() const;

  const UnderWay& under_way() const { return under_way_; }
  /// Work in the background ends with a Problem.
  void stop() { stopping_ = true; }

 private:
  /// One judgement.
  struct Task {
    upstream::Registry& registry;
    const ImageKey& key;
    std::string reference;
    Purpose purpose;
    Board::Line& line;
    std::shared_ptr<const policy::Policy> policy = {};
    std::string profile = {};      ///< the present one
    std::uint64_t generation = 0;  ///< of the Standing
    std::optional<records::DecisionRecord> before = {};
  };
  struct Document {
    std::shared_ptr<const std::string> body;
    std::string declared_type;  ///< empty when it comes from our own store
  };
  enum class Remember { in_cache, not_at_all };

  /// nullopt: overtaken, by another decision or by new rules; to be done again.
  Attempt<std::optional<Verdict>> judge_once(Task& task);
  Attempt<policy::Inputs> gather(Task& task);
  Attempt<Document> load(const Task& task);
  /// Fetches and has everything scanned; or gives the decision when the manifest alone already blocks.
  Attempt<std::optional<findings::Decision>> look_inside(const Task& task, const oci::Manifest& manifest,
                                                         policy::Inputs& inputs, Judged& judged);
  Attempt<void> scan_parts(const Task& task, const std::vector<ImagePart>& parts, policy::Inputs& inputs);
  /// What the scans under the rules of the last decision said, when that may still count.
  Attempt<bool> use_older_scans(const Task& task, const std::vector<ImagePart>& parts,
                                policy::Inputs& inputs);
  /// What the last judgement saw in the bytes beside the scans, nothing, needs no second look at them.
  bool read_before(const Task& task) const;
  /// Layers of document types beside an image config: refused when a runtime could unpack them.
  Attempt<void> check_documents(const Task& task, const oci::Manifest& manifest, policy::Inputs& inputs);
  /// The first `size` bytes of a blob that was fetched before, fewer when it has no more. nullopt: it was
  /// evicted, and does not have to be fetched for this (see read_before).
  Attempt<std::optional<std::string>> read_blob(const Task& task, const oci::Descriptor& blob,
                                                std::size_t size);
  Attempt<void> read_config(const Task& task, const oci::Descriptor& config, policy::Inputs& inputs);
  /// For what cannot be fetched any more: the verdict if it is to block.
  Attempt<std::optional<Verdict>> decide_from_records(const Task& task, const Problem& trouble);

  /// Decides and records. False: overtaken.
  Attempt<bool> conclude(const Task& task, const policy::Inputs& inputs,
                         const std::optional<findings::Decision>& as_it_stands,
                         const std::shared_ptr<Judged>& judged, Remember remember);
  Attempt<bool> record(const Task& task, const policy::Inputs& inputs, const std::shared_ptr<Judged>& judged,
                       Remember remember);
  void distrust(const Task& task, const policy::Inputs& inputs, Judged& judged);
  bool may_stand(const records::DecisionRecord& record) const;
  void make_way() const;
  void note_alert(const records::Event& alert) const;
  std::mutex& turn(const ImageKey& key);

  const Parts& parts_;
  const Options& options_;
  Scans& scans_;
  JudgeMemory memory_;
  UnderWay under_way_;
  std::atomic<bool> stopping_{false};
  /// From the moment a decision is compared with the records until it is in the cache, so that an older one
  /// never replaces a newer one there. By image.
  std::array<std::mutex, 64> turns_;
  mutable std::mutex policy_mutex_;
  std::shared_ptr<const policy::Policy> policy_;
  std::string policy_fingerprint_;
};

}  // namespace portcullis::gate
