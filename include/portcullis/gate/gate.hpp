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
  std::optional<std::chrono::seconds> retry_after;
  std::vector<oci::Tag> tags;
  std::string next;  ///< the query of the next page; empty after the last
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

  /// Replaces the policy; decisions made under another one are made again when next asked for.
  virtual void set_policy(policy::Policy policy) = 0;
  /// Flushes pull records, ends background work. Requests then get Status::failed.
  virtual void stop() = 0;
};

/// The built-in test image's repository: a name no stranger can register. Served by the gate
/// itself, without an upstream; its layer carries the EICAR test string, so it must be blocked.
inline constexpr std::string_view kCanaryRepository = "library/portcullis-canary";

std::unique_ptr<Gate> make_gate(const Parts& parts, const Options& options, policy::Policy policy);

}  // namespace portcullis::gate
