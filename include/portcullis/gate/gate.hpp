// SPDX-License-Identifier: Apache-2.0
//
// The life of a pull: resolve, fetch, scan, decide, record, answer.
//
// Nothing undecided leaves: a manifest is served only after config and layers were fetched, every
// scan ended, the policy allowed it and the decision is on disk. Work belongs to the digest, not to
// the request: it goes on when the client hangs up, and all who ask for it share it.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "portcullis/blobs/store.hpp"
#include "portcullis/findings/decision.hpp"
#include "portcullis/naming/name_index.hpp"
#include "portcullis/oci/manifest.hpp"
#include "portcullis/oci/reference.hpp"
#include "portcullis/policy/policy.hpp"
#include "portcullis/records/records.hpp"
#include "portcullis/scan/service.hpp"
#include "portcullis/upstream/registry.hpp"
#include "portcullis/util/clock.hpp"
#include "portcullis/util/metrics.hpp"

namespace portcullis::gate {

struct Options {
  std::chrono::milliseconds tag_ttl{60'000};           ///< a resolved tag is believed this long
  std::chrono::milliseconds stale_max{24 * 3600'000};  ///< and this long while the upstream is down
  std::uint64_t max_layer_bytes = 32ull << 30;
  std::size_t max_layers = 512;
  std::size_t concurrent_images = 16;  ///< images of one upstream judged at once; more wait in a queue
  std::size_t queued_images = 1024;    ///< of one upstream; beyond it new work is refused
  std::size_t queued_pulls = 10'000;   ///< pull records waiting to be committed; full: refuse

  /// Whether the gate keeps up with the world on threads of its own: waivers that come and go, decisions
  /// that others made on the same records, new rules and policies. A program that judges once does not.
  enum class Upkeep { none, run };
  Upkeep upkeep = Upkeep::run;
  std::chrono::milliseconds poll{1'000};  ///< how often the records are asked what others changed
  /// Images scanned again at once after the rules changed. What was served is meanwhile served on; 0: it
  /// is not, but judged anew when it is asked for.
  std::size_t concurrent_rescans = 1;
  /// A decision under older rules is served for so long after the rules changed, whatever keeps the image
  /// from being scanned again.
  std::chrono::milliseconds rescan_max{7 * 24 * 3600'000};
};

/// What the gate works with. All referenced objects outlive it; registries are keyed by name
/// (`docker.io`), in order of configuration.
struct Parts {
  std::map<std::string, upstream::Registry*> registries;
  blobs::Store* store = nullptr;
  scan::Service* scanner = nullptr;
  records::Records* records = nullptr;
  const util::Clock* clock = nullptr;
  util::Metrics* metrics = nullptr;
  std::shared_ptr<const naming::NameIndex> names = {};  ///< null: names are not judged
  std::vector<findings::Waiver> waivers = {};           ///< beside those on record, such as those of a file
};

struct Client {
  std::string address;
  std::string user;
  std::string agent;
};

enum class Method { head, get };

struct ManifestRequest {
  std::string host;  ///< name of a configured upstream, or any other host (then it is refused)
  oci::Repository repository;
  oci::TagOrDigest reference;
  Method method = Method::get;
  Client client;
  /// Not empty: an index is judged now, for these platforms (mirror route). Empty: an index passes
  /// and each platform manifest is judged when asked for.
  std::vector<oci::Platform> platforms;
  std::chrono::milliseconds patience{25'000};  ///< then Status::pending; the work goes on
};

enum class Status {
  served,
  blocked,      ///< the policy said no; `message` is the finished client line
  pending,      ///< still being judged
  absent,       ///< the upstream says it does not exist
  unlisted,     ///< a blob that no manifest judged here refers to; the upstream was not asked
  denied,       ///< the upstream does not let us
  refused,      ///< we do not do that: unknown host, not an image we judge
  unreachable,  ///< upstream down, rate-limited or broken, and nothing known to fall back on
  failed,       ///< our own trouble: disk, records, scanner. Never an allow.
};

struct ManifestAnswer {
  Status status = Status::failed;
  std::string message;    ///< one line, safe text, for everything but `served`
  std::string report_id;  ///< of the decision, when there is one
  std::string warning;    ///< served with findings: text for a Warning header; empty when clean
  std::string media_type;
  std::optional<oci::Digest> digest;
  /// Also for HEAD, so that the length is right; and of what is not served, as far as it is known.
  std::shared_ptr<const std::string> body;
  /// Not served, but a client whose blob requests say StopAt::config may see `body`: an index that is
  /// not blocked itself, or an image manifest without faults of its own.
  bool may_be_shown = false;
  std::optional<std::chrono::seconds> retry_after;
};

/// Where this client is stopped when an image is not served to it.
enum class StopAt {
  manifest,  ///< it does not get the manifest
  config,    ///< it is shown the manifest (some clients hold at a refused blob only), so the config of
             ///< an image that is blocked or undecided is refused, even if an allowed one shares it
};

struct BlobRequest {
  std::string host;
  oci::Repository repository;
  oci::Digest digest;
  Client client;
  std::chrono::milliseconds patience{25'000};
  StopAt stop_at = StopAt::manifest;
};

struct BlobAnswer {
  Status status = Status::failed;
  std::string message;
  std::string report_id;
  std::optional<blobs::Blob> blob;  ///< when served
  std::string media_type;
  std::optional<std::chrono::seconds> retry_after;
  std::optional<std::uint64_t> size;  ///< as a manifest that refers to it says, served or not
};

struct ReferrersRequest {
  std::string host;
  oci::Repository repository;
  oci::Digest subject;
  std::chrono::milliseconds patience{25'000};
};

struct ReferrersAnswer {
  Status status = Status::failed;
  std::string message;
  std::string report_id;
  std::optional<std::chrono::seconds> retry_after;
  /// When served; empty when nothing refers to the subject. Neither `urls` nor `data` is in them.
  std::shared_ptr<const std::vector<oci::Descriptor>> referrers;
};

struct TagsRequest {
  std::string host;
  oci::Repository repository;
  std::string query;  ///< encoded, for the upstream: n, last, or what its own next link said
  std::chrono::milliseconds patience{25'000};
};

struct TagsAnswer {
  Status status = Status::failed;
  std::string message;
  std::string report_id;
  std::optional<std::chrono::seconds> retry_after;
  std::vector<oci::Tag> tags;
  std::string next;  ///< the query of the next page; empty after the last
};

/// An image that is being judged now.
struct JudgingNow {
  enum class Why {
    asked,   ///< a client waits for it, or did
    rescan,  ///< in the background
  };
  std::string host;
  std::string repository;
  oci::Digest manifest;
  std::string reference;  ///< the tag or digest that was asked for; raw
  Why why = Why::asked;
  util::TimePoint since{};
  /// Of the config and the layers, each digest once; 0 until the manifest is here.
  std::size_t blobs = 0;
  std::size_t blobs_done = 0;
  std::uint64_t bytes = 0;
  std::uint64_t bytes_done = 0;  ///< that the scanner took; those of remembered scans count as done
};

/// How far the images that were served are scanned again with the present rules.
struct RescanProgress {
  std::string profile;  ///< the present one
  /// When these rules came into use; nullopt while that is not known (the records could not be asked):
  /// then nothing is served on a decision under older ones.
  std::optional<util::TimePoint> since;
  std::optional<util::TimePoint> until;  ///< from then on nothing is, `rescan_max` after `since`
  std::uint64_t total = 0;               ///< done + left
  std::uint64_t done = 0;                ///< by this process, since it noticed the present rules or started
  std::uint64_t left = 0;                ///< those that failed and are waiting to be tried again count too
  std::uint64_t failed = 0;              ///< of `left`
  std::string last_failure;              ///< one line, safe text; empty when nothing failed
  std::vector<std::string> current;      ///< `host/repository@digest` of what is being scanned
};

class Gate {
 public:
  virtual ~Gate() = default;

  virtual ManifestAnswer manifest(const ManifestRequest& request) = 0;
  /// Served only when a manifest of this repository that refers to it has a current decision of
  /// allow; knowing a digest is not a permission. A blob that was evicted is fetched again.
  virtual BlobAnswer blob(const BlobRequest& request) = 0;

  /// What refers to a manifest, by the upstream's word. A list only: each manifest in it is judged when
  /// it is pulled.
  virtual ReferrersAnswer referrers(const ReferrersRequest& request) = 0;
  /// A page of the upstream's tags. A tag outside the grammar is left out: nobody could pull it here.
  virtual TagsAnswer tags(const TagsRequest& request) = 0;

  /// A whole judgement with its parts, for `scan`: waits as long as it takes.
  struct Judgement {
    ManifestAnswer answer;
    std::optional<records::DecisionRecord> record;
    std::vector<policy::ScannedBlob> blobs;
  };
  virtual Judgement judge(const ManifestRequest& request) = 0;

  /// Replaces what names are compared with. Then set_policy() is called, with another `names.reference` when
  /// the names are others.
  virtual void set_names(std::shared_ptr<const naming::NameIndex> names) = 0;
  /// Replaces the policy; decisions made under another one are made again when next asked for.
  virtual void set_policy(policy::Policy policy) = 0;

  /// Oldest first. Those that wait in a queue are not in it.
  virtual std::vector<JudgingNow> judging() const = 0;
  virtual RescanProgress rescans() const = 0;
  /// Has an image that was judged here scanned again, soon and in the background: what is remembered of
  /// its blobs is not believed. Its present decision stands until then. ErrorKind::absent when it was
  /// never judged here, invalid when the upstream is not configured, limit when too many are waiting, io
  /// when the records cannot be read. Lost when the process ends first.
  virtual util::Result<void> rescan(const std::string& host, const std::string& repository,
                                    const oci::Digest& manifest) = 0;
  /// Looks at the waivers now instead of at the next poll: a change that was committed before the call
  /// counts when it returns. (When the records cannot be read, none counts.)
  virtual void waivers_changed() = 0;

  /// Flushes pull records, ends background work. Requests then get Status::failed.
  virtual void stop() = 0;
};

/// The built-in test image's repository: a name no stranger can register. Served by the gate
/// itself, without an upstream; its layer carries the EICAR test string, so it must be blocked.
inline constexpr std::string_view kCanaryRepository = "library/portcullis-canary";

std::unique_ptr<Gate> make_gate(const Parts& parts, const Options& options, policy::Policy policy);

}  // namespace portcullis::gate
