// SPDX-License-Identifier: Apache-2.0
//
// What a decision rests on beyond its own image and its time: the waivers there are, and what other images
// showed about the blobs it shares with them.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "judged.hpp"
#include "portcullis/findings/decision.hpp"

namespace portcullis::gate {

/// Every change has a number. A decision that was made before the last change is held against what changed
/// when it is used next, and then carries the new number: the usual case costs one comparison. Thread-safe.
class Standing {
 public:
  /// Taken before what a judgement is to rest on is read.
  std::uint64_t generation() const { return generation_.load(std::memory_order_acquire); }

  /// Does a decision still rest on what is so now?
  bool holds(const Judged& judged, util::TimePoint now) const;

  /// The waivers that are active; nullopt: they could not be read, and no decision that leans on one counts
  /// until they can. The answer is the ids of those that were there the last time and are not any more.
  std::vector<std::string> learn_waivers(std::optional<std::vector<findings::Waiver>> active);

  enum class News {
    perhaps,
    certain
  };  ///< perhaps: what was said of a blob under this profile before is none
  /// Something in these blobs, scanned under `profile`, blocks an image: others that share them are looked
  /// at again. The answer is the generation of who looked at `generation` and knows of this.
  std::uint64_t suspect(const std::vector<oci::Digest>& blobs, const std::string& profile, News news,
                        std::uint64_t generation);
  /// Blobs that were suspected since the last call; remind() gives back what could not be looked after.
  std::vector<oci::Digest> take_new_suspects();
  void remind(const oci::Digest& blob);
  /// Has one of the active waivers that are known run out by now?
  bool waiver_ran_out(util::TimePoint now) const;

 private:
  bool suspected_locked(const oci::Digest& blob, std::uint64_t generation) const;

  std::atomic<std::uint64_t> generation_{1};
  mutable std::mutex mutex_;
  bool waivers_known_ = true;
  std::vector<findings::Waiver> waivers_;
  struct Suspect {
    std::uint64_t since = 0;
    std::string profile;
  };
  std::map<oci::Digest, Suspect> suspects_;
  std::set<oci::Digest> new_suspects_;
  std::uint64_t all_suspect_before_ = 0;  ///< the map was full once: everything older is looked at again
};

}  // namespace portcullis::gate
