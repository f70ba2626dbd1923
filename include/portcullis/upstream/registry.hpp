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
  std::optional<Credentials> credentials;
  /// Hosts a token realm may be on, besides the registry's own host. A challenge that names another
  /// host is refused before anything is sent (CVE-2026-33540 is that bug elsewhere).
  std::vector<std::string> token_hosts;
  std::string ca_file;                   ///< extra trust anchor, PEM; empty: the system's
  bool allow_plain_http = false;         ///< http:// to a host that is not loopback needs this
  bool allow_private_addresses = false;  ///< let redirects lead to private addresses; loopback URLs imply it
  std::string proxy;                     ///< http proxy URL; empty: from the environment
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds stall_timeout{30'000};  ///< no byte for this long
  int attempts = 4;                                 ///< per request, with backoff and jitter between them
  std::string user_agent = "portcullis";            ///< the program adds its version
};

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
  /// Ends running requests soon; later ones fail with cancelled.
  virtual void stop() = 0;
};

/// Fails on an unusable URL or CA file; contacts nobody.
util::Result<std::unique_ptr<Registry>> connect(Options options, util::Metrics& metrics);

}  // namespace portcullis::upstream
