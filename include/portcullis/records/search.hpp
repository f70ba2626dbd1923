// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "portcullis/findings/decision.hpp"
#include "portcullis/oci/digest.hpp"
#include "portcullis/records/events.hpp"
#include "portcullis/records/pull.hpp"
#include "portcullis/util/clock.hpp"
#include "portcullis/util/result.hpp"

namespace portcullis::records {

/// A place in a list; opaque. Empty: the beginning, or, as `next`, nothing more.
struct PageCursor {
  std::int64_t key = 0;
  std::int64_t id = 0;
  bool empty() const { return id == 0; }
};

/// A manifest in a repository, with its current decision.
struct ImageRow {
  std::string host = {};
  std::string repository = {};
  oci::Digest manifest;
  std::vector<std::string> tags = {};  ///< that point at it now; at most kMaxTags
  std::string decision_id = {};
  findings::Action action = findings::Action::block;
  bool would_block = false;
  std::string summary = {};
  std::string profile = {};
  util::TimePoint decided{};
  std::optional<util::TimePoint> last_pull = {};
};
inline constexpr std::size_t kMaxTags = 20;

/// Every term that is set must hold.
struct ImageQuery {
  enum class Order {
    newest_decision,
    newest_pull,  ///< those that were never pulled come last
  };
  std::string host = {};
  std::string repository = {};
  std::string text = {};       ///< somewhere in host/repository; ASCII case does not matter
  std::string glob = {};       ///< the whole of host/repository, as util::glob_match; likewise
  std::string digest = {};     ///< of the manifest or of one of its blobs
  std::string file_hash = {};  ///< a file of that hash is in one of its layers
  std::string path = {};       ///< a file with that path, or with that name when it has no '/'
  std::string rule = {};       ///< the current decision has this reason: `miner_xmrig` or `rule:miner_xmrig`
  std::string client = {};     ///< address or user: pulled it
  std::string waiver = {};     ///< the current decision leans on this waiver
  std::string not_profile = {};  ///< was decided under another scan profile
  std::string not_policy = {};   ///< the same for the policy's fingerprint
  std::optional<findings::Action> action = {};
  std::optional<findings::Action> not_action = {};
  Order order = Order::newest_decision;
  PageCursor after = {};
  std::size_t limit = 100;
};

struct ImagePage {
  std::vector<ImageRow> images = {};
  PageCursor next = {};
};

/// Where a file is.
struct FilePlace {
  oci::Digest layer;
  std::string path = {};
  std::string hash = {};
  std::uint64_t size = 0;  ///< 0 when it is only known from a finding
  std::string type = {};   ///< the same
};

struct PullQuery {
  std::optional<util::TimePoint> from = {};
  std::optional<util::TimePoint> until = {};  ///< not included
  std::optional<findings::Action> action = {};
  std::string host = {};
  std::string repository = {};
  std::optional<oci::Digest> manifest = {};
  std::string client = {};  ///< address
  std::string user = {};
  std::string rule = {};  ///< the image's current decision has this reason; as ImageQuery::rule
  std::string text = {};  ///< somewhere in host/repository, address, user or agent
  PageCursor after = {};
  std::size_t limit = 100;
};

struct PullRow : PullRecord {
  std::string summary = {};  ///< of the decision; empty when it is clean, or no longer kept
};

struct PullPage {
  std::vector<PullRow> pulls = {};  ///< newest minute first
  PageCursor next = {};
};

/// One client that pulled a manifest, or asked for a blocked name; kept for longer than the pulls themselves.
struct Puller {
  std::string host = {};
  std::string repository = {};
  std::optional<oci::Digest> manifest = {};
  std::string address = {};
  std::string user = {};
  std::string agent = {};
  util::TimePoint first{};
  util::TimePoint last{};
  std::uint64_t requests = 0;
  findings::Action action = findings::Action::allow;  ///< what it was answered last
};

struct PullerQuery {
  std::optional<oci::Digest> manifest = {};
  std::string host = {};        ///< empty: wherever it was pulled from
  std::string repository = {};  ///< the same
  std::string client = {};      ///< address or user
  std::string file_hash = {};   ///< a file of that hash is in a layer of the manifest
  std::size_t skip = 0;
  std::size_t limit = 1000;
};

/// Which images contain a file, and who pulled them: one consistent answer.
struct Exposure {
  std::vector<FilePlace> places = {};
  std::vector<ImageRow> images = {};
  std::vector<Puller> pullers = {};
  bool truncated = false;  ///< one of the lists met `limit`
};

struct TimeBucket {
  util::TimePoint start{};
  std::uint64_t allowed = 0;  ///< requests
  std::uint64_t warned = 0;
  std::uint64_t blocked = 0;
};

struct Ranked {
  std::string name = {};
  std::uint64_t count = 0;
};

struct RankedSquat {
  std::string component = {};  ///< as those of findings::NameVerdict
  std::string subject = {};
  std::string target = {};
  std::uint64_t count = 0;
};

/// An image that was served and is blocked now. Its id is that of the decision to block.
struct RetroAlert {
  Event raised;
  std::optional<Event> closed = {};  ///< who said what was done, and what; unset: it is open
};

/// Event::action of the two; both carry the decision's id. Written once for a decision (put_event_once).
inline constexpr const char* kRetroAlert = "retro-alert";
inline constexpr const char* kRetroAlertClosed = "retro-alert-closed";

struct RetroAlertQuery {
  enum class State { any, open, closed };
  State state = State::any;
  std::string id = {};               ///< that one only
  std::int64_t before_sequence = 0;  ///< cursor: `raised.sequence` of the last one; 0: no bound
  std::size_t limit = 100;
};

struct Period {
  util::TimePoint from{};
  util::TimePoint until{};
};

/// Read only. Newest first where nothing else is said; no answer has more than 10,000 rows. Threads and
/// errors as in Records.
class Search {
 public:
  virtual ~Search() = default;

  virtual util::Result<ImagePage> images(const ImageQuery& query) = 0;
  /// How many there are; order, place and limit mean nothing.
  virtual util::Result<std::uint64_t> count_images(const ImageQuery& query) = 0;
  virtual util::Result<std::vector<FilePlace>> files(const std::string& hash_or_path, std::size_t limit) = 0;
  virtual util::Result<PullPage> pulls(const PullQuery& query) = 0;
  virtual util::Result<std::vector<Puller>> pullers(const PullerQuery& query) = 0;
  virtual util::Result<Exposure> exposure(const std::string& file_hash, std::size_t limit) = 0;

  /// Requests by action. `width` is rounded to whole hours, at most 10,000 buckets.
  virtual util::Result<std::vector<TimeBucket>> overview(const Period& period, std::chrono::hours width) = 0;
  /// Reasons of the decisions made in the days that the period touches, by how many decisions they are in.
  virtual util::Result<std::vector<Ranked>> top_rules(const Period& period, std::size_t limit) = 0;
  /// `host/repository` by requests in the days that the period touches; all actions, or one.
  virtual util::Result<std::vector<Ranked>> top_names(const Period& period,
                                                      std::optional<findings::Action> action,
                                                      std::size_t limit) = 0;
  /// Suspicious names by how many decisions of the days that the period touches they are in.
  virtual util::Result<std::vector<RankedSquat>> top_squats(const Period& period, std::size_t limit) = 0;

  virtual util::Result<std::vector<RetroAlert>> retro_alerts(const RetroAlertQuery& query) = 0;
  virtual util::Result<std::uint64_t> count_open_retro_alerts() = 0;
};

}  // namespace portcullis::records
