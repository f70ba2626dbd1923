// SPDX-License-Identifier: Apache-2.0
//
// Client of one upstream registry (OCI distribution-spec v1.1 "pull", docker token authentication).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "portcullis/oci/digest.hpp"
#include "portcullis/oci/manifest.hpp"
#include "portcullis/oci/reference.hpp"
#include "portcullis/util/clock.hpp"
#include "portcullis/util/metrics.hpp"
#include "portcullis/util/result.hpp"
#include "portcullis/util/stream.hpp"

namespace portcullis::upstream {

struct Credentials {
  std::string username;
  std::string password;
};

struct Options {
  std::string name;  ///< what clients and policy call it: `docker.io`
  std::string url;   ///< where it is: `https://registry-1.docker.io`
  /// Other names under which clients ask for the same registry; verdicts, blobs and records are kept
  /// under `name`.
  std::vector<std::string> aliases;
  std::optional<Credentials> credentials;
  /// A docker config.json whose credentials for the host of `url` are used when there are none above;
  /// read again when they are needed. Empty: none.
  std::string docker_config;
  /// Hosts a token realm may be on, besides the registry's own host. A challenge that names another
  /// host is refused before anything is sent (CVE-2026-33540 is that bug elsewhere).
  std::vector<std::string> token_hosts;
  std::string ca_file;           ///< extra trust anchor, PEM; empty: the system's
  std::string client_cert_file;  ///< PEM, shown to the registry's own host only; with its key beside it
  std::string client_key_file;
  bool allow_plain_http = false;         ///< http:// to a host that is not loopback needs this
  bool allow_private_addresses = false;  ///< let redirects lead to private addresses; loopback URLs imply it
  /// HTTP proxy URL. Empty: HTTPS_PROXY, NO_PROXY and their kin, but never for a loopback URL. `direct`:
  /// none, whatever the environment says.
  std::string proxy;
  std::vector<std::string>
      no_proxy;  ///< hosts and domains that `proxy` is not for; NO_PROXY does not count then
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds stall_timeout{30'000};  ///< no byte for this long
  std::uint64_t floor_rate = 1024;  ///< bytes a second; a transfer below it for `stall_timeout` is broken off
  int attempts = 4;                 ///< per request, with backoff and jitter between them
};

/// Names of `name` that its clients know; empty for most.
std::vector<std::string> default_aliases(const std::string& name);

/// The ten public registries that ship as defaults, docker.io first, with their token hosts.
std::vector<Options> default_upstreams();

/// A failure with what the caller needs to answer well. `kind`: absent (upstream said 404), denied
/// (401/403 after our own authentication), unreachable (no answer, 5xx), limit (429, or our size cap),
/// corrupt (answered, but not with what it must be), cancelled.
struct Failure {
  util::ErrorKind kind = util::ErrorKind::unreachable;
  int status = 0;             ///< HTTP status, 0 when there was none
  bool rate_limited = false;  ///< 429
  std::optional<std::chrono::seconds> retry_after;
  std::string message;  ///< one line naming the upstream and the request; raw
};
template <class T>
using Answer = tl::expected<T, Failure>;

struct Resolved {
  oci::Digest digest;
  std::string media_type;
  std::uint64_t size = 0;
};

struct RawDocument {
  oci::Digest digest;  ///< of the bytes, computed here; equal to the asked one when that was a digest
  std::string media_type;
  std::string bytes;  ///< at most oci::kMaxDocumentBytes
};

/// What the registry last said of its rate limit (`ratelimit-*`, `docker-ratelimit-source`).
struct RateLimit {
  std::optional<std::uint64_t> limit;
  std::optional<std::uint64_t> remaining;
  std::optional<std::chrono::seconds> window;
  std::string source;  ///< whom it counts us as: an address or an account id; raw
  util::TimePoint at{};
};

/// How a registry has been lately. Absent and denied are answers: it is well.
struct Health {
  std::optional<util::TimePoint> last_success;
  std::optional<util::TimePoint> last_failure;
  std::string last_error;  ///< one line; raw
  std::uint64_t failures_in_a_row = 0;
  std::optional<RateLimit> rate_limit;
  /// It refuses for too many requests and said for how long.
  std::optional<std::chrono::seconds> retry_after;
};

/// Thread-safe; every call blocks its thread. Keeps connections and tokens.
class Registry {
 public:
  virtual ~Registry() = default;
  virtual const Options& options() const = 0;

  /// HEAD; falls back to GET when the upstream has no Docker-Content-Digest on HEAD.
  virtual Answer<Resolved> resolve(const oci::Repository& repository, const oci::TagOrDigest& reference) = 0;
  virtual Answer<RawDocument> manifest(const oci::Repository& repository,
                                       const oci::TagOrDigest& reference) = 0;
  /// Streams the blob; resumes by Range after a break. The sink judges size and digest.
  virtual Answer<void> blob(const oci::Repository& repository, const oci::Digest& digest,
                            std::uint64_t expected_size, util::ByteSink& sink) = 0;
  /// A small JSON answer passed through: tags/list (with `query` = "n=..&last=.."), referrers/<digest>.
  struct Passthrough {
    int status = 0;
    std::string content_type;
    std::string link;  ///< Link header, its target reduced to path and query; may be empty
    std::string body;
  };
  virtual Answer<Passthrough> tags(const oci::Repository& repository, const std::string& query) = 0;
  virtual Answer<Passthrough> referrers(const oci::Repository& repository, const oci::Digest& digest,
                                        const std::string& query) = 0;
  /// Does not ask anybody.
  virtual Health status() const { return {}; }
  /// Ends running requests soon; later ones fail with cancelled.
  virtual void stop() = 0;
};

/// Fails on an unusable URL or CA file; contacts nobody.
util::Result<std::unique_ptr<Registry>> connect(Options options, util::Metrics& metrics);

}  // namespace portcullis::upstream
