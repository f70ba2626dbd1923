// SPDX-License-Identifier: Apache-2.0
//
// The two listeners. The connection layer (accept, parking of idle connections, header and body
// limits, deadlines, framing checks) is ours; messages and routing are cpp-httplib's.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "portcullis/api/api.hpp"
#include "portcullis/gate/gate.hpp"
#include "portcullis/http/metrics.hpp"
#include "portcullis/http/network.hpp"
#include "portcullis/records/tokens.hpp"
#include "portcullis/util/clock.hpp"
#include "portcullis/util/result.hpp"

namespace portcullis::http {

/// PEM files. Read at the start and by Server::reload().
struct TlsOptions {
  std::filesystem::path cert;       ///< the server's certificate, then what it takes to reach a root
  std::filesystem::path key;        ///< of that certificate, without a passphrase
  std::filesystem::path client_ca;  ///< not empty: a client must show a certificate of one of these
};

/// How slowly a client may take its answers. Judged by what its machine acknowledged, over each
/// `stall` of waiting for it.
struct SendLimits {
  std::chrono::milliseconds stall{60'000};
  std::uint64_t min_rate = 1024;  ///< bytes a second; less, and it is dropped
};

struct ListenOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;  ///< 0: any free one; Server::port() tells
  std::size_t max_connections = 20'000;
  std::size_t max_active = 512;  ///< requests being worked on; further ones wait their turn
  std::size_t max_headers = 100;
  std::size_t max_header_bytes = 32 * 1024;  ///< request line and headers together
  std::size_t max_body_bytes = 1 << 20;
  std::chrono::milliseconds header_deadline{10'000};  ///< for a TLS handshake, and for the head of a request
  std::chrono::milliseconds body_deadline{30'000};
  std::chrono::milliseconds idle_timeout{120'000};  ///< a parked keep-alive connection
  SendLimits send;
  /// 0: no such limit. A fleet behind one address translation is one address; an IPv6 client is its /64.
  std::size_t max_connections_per_address = 0;
  std::vector<Network> trusted_proxies;  ///< whose X-Forwarded-For is believed
  std::optional<TlsOptions> tls;         ///< none: plain HTTP
};

/// Both empty: whoever can connect (and has a certificate, where TLS asks for one).
struct AccessOptions {
  std::vector<Network> allow = {};      ///< clients that need nothing else
  std::filesystem::path htpasswd = {};  ///< for all others; on the mirror route they cannot be asked
};

/// What may change while a server runs.
struct ReloadOptions {
  std::optional<TlsOptions> tls = {};  ///< with other files, or the same ones with other content
  AccessOptions access = {};           ///< the registry's
};

/// A bound, listening socket with its service. Destruction closes at once.
class Server {
 public:
  virtual ~Server() = default;
  virtual std::uint16_t port() const = 0;
  /// Starts to answer; until then connections queue in the backlog.
  virtual void start() = 0;
  /// Reads all files again. Counts for new connections (TLS) and from the next request on (access). On
  /// an error, also a certificate that has expired, everything stays as it was. TLS is switched on and
  /// off by a restart only.
  virtual util::Result<void> reload(const ReloadOptions& options) = 0;
  /// Stops accepting, lets running requests finish for at most `patience`, then closes the rest.
  virtual void drain(std::chrono::milliseconds patience) = 0;
};

struct RegistryOptions {
  ListenOptions listen;
  AccessOptions access;
  std::string default_host = "docker.io";
  std::map<std::string, std::string> aliases;  ///< other names of configured upstreams -> their name
  std::chrono::milliseconds hold{25'000};      ///< per hop while an image is judged
  int hops = 8;                                ///< 307 to itself, then "scan in progress"
  /// What an index is judged for on the mirror route when the client does not say which platform it is
  /// for: by name of the upstream, else this list, else (both empty) the platform of this machine.
  std::map<std::string, std::vector<oci::Platform>> platforms_by_host;
  std::vector<oci::Platform> platforms;
};

/// Binds now; fails with the address and the reason ("127.0.0.1:5000 is in use ...").
util::Result<std::unique_ptr<Server>> listen_registry(const RegistryOptions& options, gate::Gate& gate,
                                                      util::Metrics& metrics);

/// One line of /readyz.
struct Readiness {
  std::string name;
  bool ready = false;
  std::string detail;
};

enum class MetricsAccess { open, token };

struct AdminOptions {
  ListenOptions listen;
  /// Names under which people reach it, besides localhost, the listen address and any IP address. A Host of
  /// another name is how a page of somebody else gets here by DNS.
  std::vector<std::string> hosts = {};
  MetricsAccess metrics = MetricsAccess::open;
};

/// What the admin listener serves. All of it outlives the server.
struct AdminParts {
  const PrometheusMetrics* exposed = nullptr;
  std::function<std::vector<Readiness>()> readiness = {};  ///< called for each /readyz, from any thread
  api::Api* api = nullptr;
  records::Tokens* tokens = nullptr;
  const util::Clock* clock = nullptr;
};

/// `/healthz`, `/readyz`, `/metrics` for everybody; `/api/v1` for who has a token.
util::Result<std::unique_ptr<Server>> listen_admin(const AdminOptions& options, const AdminParts& parts,
                                                   util::Metrics& metrics);

}  // namespace portcullis::http
