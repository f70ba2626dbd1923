// SPDX-License-Identifier: Apache-2.0
//
// What Portcullis remembers: scans, decisions, tags, pulls, events. One SQL code base (SOCI).
//
// Thread-safe. A write returns only after it is durable (synchronous FULL) unless stated. Every
// failure is ErrorKind::io and means "not recorded": the caller then must not allow anything.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "portcullis/findings/decision.hpp"
#include "portcullis/oci/digest.hpp"
#include "portcullis/records/events.hpp"
#include "portcullis/records/pull.hpp"
#include "portcullis/records/retention.hpp"
#include "portcullis/util/clock.hpp"
#include "portcullis/util/metrics.hpp"
#include "portcullis/util/result.hpp"

namespace portcullis::records {

class Inventory;
class RuleSettings;
class Search;
class Tokens;
class Waivers;

/// A verdict on bytes: keyed by all three.
struct ScanKey {
  oci::Digest digest;
  std::string media_type = {};
  std::string profile = {};
};

struct ScanRecord {
  ScanKey key;
  findings::ScanResult result = {};
  std::uint64_t size = 0;
  util::TimePoint started{};
  util::TimePoint finished{};
};

struct ImageBlob {
  oci::Digest digest;
  std::string media_type = {};
  std::string place = {};  ///< "config", "layer 1", ...
  std::uint64_t size = 0;
};

struct DecisionRecord {
  std::string id = {};  ///< random; the report id that clients are shown
  std::string host = {};
  std::string repository = {};
  std::string reference = {};  ///< the tag or digest that was asked for when it was decided
  oci::Digest manifest;
  std::string manifest_media_type = {};
  std::string profile = {};
  std::string policy = {};  ///< Policy::fingerprint()
  findings::Decision decision = {};
  std::vector<ImageBlob> blobs = {};
  util::TimePoint at{};
  std::vector<findings::NameVerdict> names = {};  ///< suspicions that the decision has a reason for
};

/// A name that was blocked by itself. Nothing was asked of a registry, so there is no manifest; and it says
/// of no digest that the repository holds it.
struct NameDecision {
  std::string id = {};  ///< as that of a DecisionRecord, and never the same
  std::string host = {};
  std::string repository = {};
  std::string reference = {};  ///< that was asked for when it was decided; empty: a list of tags
  std::string policy = {};
  findings::Decision decision = {};
  std::vector<findings::NameVerdict> names = {};
  util::TimePoint at{};
};

struct TagRecord {
  std::string host = {};
  std::string repository = {};
  std::string tag = {};
  oci::Digest digest;
  std::string media_type = {};
  std::uint64_t size = 0;
  util::TimePoint seen{};  ///< last time the upstream confirmed it, or kWithdrawn
};

/// `TagRecord::seen` of a tag that the upstream has since said to be gone or closed to us: no digest
/// may be served for it without asking, but a later move is still noticed.
inline constexpr util::TimePoint kWithdrawn{};

class Records {
 public:
  virtual ~Records() = default;

  virtual util::Result<std::optional<ScanRecord>> find_scan(const ScanKey& key) = 0;
  virtual util::Result<void> put_scan(const ScanRecord& record) = 0;

  /// The newest decision on this manifest in this repository.
  virtual util::Result<std::optional<DecisionRecord>> find_decision(const std::string& host,
                                                                    const std::string& repository,
                                                                    const oci::Digest& manifest) = 0;
  virtual util::Result<std::optional<DecisionRecord>> find_decision(const std::string& id) = 0;
  /// The newest decision on each manifest of each repository, newest first: what was ever judged here.
  virtual util::Result<std::vector<DecisionRecord>> newest_decisions() = 0;
  /// Decision, its blobs and `events` in one transaction.
  virtual util::Result<void> put_decision(const DecisionRecord& record, const std::vector<Event>& events) = 0;
  util::Result<void> put_decision(const DecisionRecord& record, const Event& event) {
    return put_decision(record, std::vector<Event>{event});
  }

  /// As put_decision, but only while the newest decision on the image is the one with the id `before` (empty:
  /// while there is none): of several that decide at the same time, one writes. False: nothing was written.
  virtual util::Result<bool> replace_decision(const std::string& before, const DecisionRecord& record,
                                              const std::vector<Event>& events) = 0;

  /// With `events` in one transaction.
  virtual util::Result<void> put_name_decision(const NameDecision& decision,
                                               const std::vector<Event>& events) = 0;
  virtual util::Result<std::optional<NameDecision>> find_name_decision(const std::string& id) = 0;
  /// The newest one on this name.
  virtual util::Result<std::optional<NameDecision>> find_name_decision(const std::string& host,
                                                                       const std::string& repository) = 0;

  /// Manifests of this repository that refer to the blob, newest decision first.
  virtual util::Result<std::vector<oci::Digest>> manifests_with_blob(const std::string& host,
                                                                     const std::string& repository,
                                                                     const oci::Digest& blob) = 0;

  virtual util::Result<std::optional<TagRecord>> find_tag(const std::string& host,
                                                          const std::string& repository,
                                                          const std::string& tag) = 0;
  /// Updates `seen`; when the digest moved, keeps the old row in the tag history.
  virtual util::Result<void> put_tag(const TagRecord& record) = 0;

  /// When this fleet first met the manifest digest; written by the first put_decision.
  virtual util::Result<std::optional<util::TimePoint>> first_seen(const oci::Digest& manifest) = 0;

  /// One transaction for all of them: merges rows of the same (client, manifest, minute).
  virtual util::Result<void> put_pulls(const std::vector<PullRecord>& pulls) = 0;
  virtual util::Result<void> put_event(const Event& event) = 0;
  /// Unless there is one with its action and its decision_id already. False: nothing was written.
  virtual util::Result<bool> put_event_once(const Event& event) = 0;
  /// In rising sequence.
  virtual util::Result<std::vector<Event>> events(const EventQuery& query) = 0;

  /// A cursor never moves back. Events that one has not passed are not removed by remove_old().
  virtual util::Result<void> put_cursor(const std::string& name, std::int64_t sequence,
                                        util::TimePoint now) = 0;
  virtual util::Result<std::vector<Cursor>> cursors() = 0;
  virtual util::Result<void> remove_cursor(const std::string& name) = 0;

  /// True when `lease.holder` has it from now on: nobody had it, or the time of who had it is over.
  /// Renewing is the same call. The clocks of a fleet have to agree to well within the time of a lease.
  virtual util::Result<bool> take_lease(const Lease& lease, util::TimePoint now) = 0;
  /// Nothing happens when somebody else has it.
  virtual util::Result<void> give_up_lease(const std::string& name, const std::string& holder) = 0;

  virtual util::Result<std::vector<findings::Waiver>> active_waivers(util::TimePoint now) = 0;

  /// Their own headers say what they are. They live as long as this.
  virtual Waivers& waivers() = 0;
  virtual RuleSettings& rule_settings() = 0;
  virtual Search& search() = 0;
  virtual Inventory& inventory() = 0;
  virtual Tokens& tokens() = 0;

  /// Removes one batch of each kind; while `more`, the caller calls again when it likes, and writers get
  /// their turn in between.
  virtual util::Result<Removed> remove_old(const Retention& retention, util::TimePoint now) = 0;

  /// A cheap write and read; for /readyz.
  virtual util::Result<void> check() = 0;
};

enum class OpenMode {
  create,
  existing,  ///< reads and writes what a server made, beside it: creates and migrates nothing
  existing_read_only,
};

struct OpenOptions {
  OpenMode mode = OpenMode::create;
  std::string password = {};         ///< for PostgreSQL; never part of a message
  util::Metrics* metrics = nullptr;  ///< counts failures; outlives the records
};

/// `location` is a path of an SQLite file, or a URL of a PostgreSQL database without a password:
/// `postgresql://user@host:port/database?sslmode=verify-full`. `create` creates the file or the tables and
/// runs the migrations; any mode refuses a schema newer than this program knows, the others an older one too.
util::Result<std::unique_ptr<Records>> open(const std::string& location, const OpenOptions& options = {});

inline util::Result<std::unique_ptr<Records>> open(const std::string& location, OpenMode mode) {
  return open(location, OpenOptions{.mode = mode});
}

}  // namespace portcullis::records
