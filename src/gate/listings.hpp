// SPDX-License-Identifier: Apache-2.0
//
// What is not pulled, only listed: referrers and tags. Asked of the upstream on threads of its own, so
// that an upstream that stalls there holds up no judging and no other upstream; single flight, and a waiter
// leaves when its time is over.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "portcullis/gate/gate.hpp"
#include "problem.hpp"
#include "work.hpp"

namespace portcullis::gate {

class Listings {
 public:
  using Deadline = std::chrono::steady_clock::time_point;
  using Referrers = std::shared_ptr<const std::vector<oci::Descriptor>>;
  struct TagPage {
    std::vector<oci::Tag> tags;
    std::string next;
  };

  /// An answer about referrers is believed for `ttl`, a failure for a few seconds: docker asks with every
  /// pull. Tags are asked for by people and never remembered.
  Listings(const Parts& parts, std::chrono::milliseconds ttl);

  Attempt<Referrers> referrers(upstream::Registry& registry, const ReferrersRequest& request,
                               Deadline deadline);
  Attempt<TagPage> tags(upstream::Registry& registry, const TagsRequest& request, Deadline deadline);
  /// Lets what waits run to its (by then quick) end.
  void stop();

 private:
  struct Remembered {
    Attempt<Referrers> answer;
    util::TimePoint until;
  };
  void remember(const std::string& key, const Attempt<Referrers>& answer);

  const Parts& parts_;
  const std::chrono::milliseconds ttl_;
  std::mutex mutex_;
  std::map<std::string, Remembered> remembered_;
  std::size_t remembered_descriptors_ = 0;
  util::LanePool pool_;
  SingleFlight<Attempt<Referrers>> referrers_flight_;
  SingleFlight<Attempt<TagPage>> tags_flight_;
};

}  // namespace portcullis::gate
