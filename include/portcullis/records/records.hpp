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
#include "portcullis/findings/event.hpp"
#include "portcullis/oci/digest.hpp"
#include "portcullis/util/clock.hpp"
#include "portcullis/util/result.hpp"

namespace portcullis::records {

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

/// One client, one manifest, one minute.
struct PullRecord {
  std::string host = {};
  std::string repository = {};
  std::string reference = {};
  oci::Digest manifest;
  findings::Action action = findings::Action::allow;
  bool check_only = false;  ///< HEAD alone
  std::string client_address = {};
  std::string client_user = {};
  std::string client_agent = {};
  std::string decision_id = {};
  util::TimePoint first{};
  util::TimePoint last{};
  std::uint32_t requests = 0;
};

using findings::Event;

struct EventQuery {
  std::int64_t after_sequence = 0;
  std::size_t limit = 100;
  bool newest = true;       ///< the last `limit` ones; false: the first ones. Both after `after_sequence`
  std::string action = {};  ///< empty: all
};

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
  /// Decision, its blobs and `event` in one transaction.
  virtual util::Result<void> put_decision(const DecisionRecord& record, const Event& event) = 0;

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
  /// Newest first.
  virtual util::Result<std::vector<PullRecord>> pulls(const std::string& host, const std::string& repository,
                                                      std::size_t limit) = 0;

  virtual util::Result<void> put_event(const Event& event) = 0;
  /// In rising sequence.
  virtual util::Result<std::vector<Event>> events(const EventQuery& query) = 0;

  virtual util::Result<std::vector<findings::Waiver>> active_waivers(util::TimePoint now) = 0;

  /// A cheap write and read; for /readyz.
  virtual util::Result<void> check() = 0;
};

enum class OpenMode { create, existing_read_only };

/// `location` is a path of an SQLite file. Creates the file and runs the migrations; refuses a
/// schema newer than this program knows.
util::Result<std::unique_ptr<Records>> open(const std::string& location, OpenMode mode = OpenMode::create);

}  // namespace portcullis::records
