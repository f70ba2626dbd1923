// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <list>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

#include "judged.hpp"
#include "portcullis/gate/drift.hpp"

namespace portcullis::gate {

/// A tag that points somewhere else than before.
struct TagMove {
  std::string host;
  std::string repository;
  std::string tag;
  oci::Digest from;
  oci::Digest to;
  util::TimePoint at{};
};

/// Writes, to each `tag-moved`, a `tag-drift`: what is different in the image. That is known when the new
/// image was judged, and worked out on a thread of its own, from what is in the store and the records: no
/// pull waits for it and no upstream is asked. Bounded: of too many moves at once the oldest get no
/// `tag-drift`; neither do those whose image nobody waited for before this process ends. Thread-safe.
class Drifts {
 public:
  explicit Drifts(const Parts& parts);
  ~Drifts() { stop(); }

  void moved(TagMove move);
  /// There is a decision on it. For an index, the moves wait for the first of its platforms.
  void judged(const Judged& judged);
  void stop();

 private:
  struct Waiting {
    TagMove move;
    std::vector<oci::Digest> platforms;  ///< of the index `to`, any of them will do; empty: `to` itself
  };
  struct Job {
    TagMove move;
    records::DecisionRecord after;
  };
  void run(const std::stop_token& stop);
  util::Result<void> write(const Job& job) const;
  /// The image that the tag stood for on the platform of `after`.
  util::Result<std::optional<records::DecisionRecord>> image_before(const TagMove& move,
                                                                    const oci::Platform& platform) const;
  util::Result<ImageFacts> facts(const records::DecisionRecord& record) const;
  std::optional<std::string> document(const oci::Digest& digest) const;

  const Parts& parts_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::list<Waiting> waiting_;
  std::deque<Job> jobs_;
  std::jthread thread_;
};

}  // namespace portcullis::gate
