// SPDX-License-Identifier: Apache-2.0
//
// The two listeners. The connection layer (accept, parking of idle connections, header and body
// limits, deadlines, framing checks) is ours; messages and routing are cpp-httplib's.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "portcullis/gate/gate.hpp"
#include "portcullis/http/metrics.hpp"
#include "portcullis/util/result.hpp"

namespace portcullis::http {

struct ListenOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;  ///< 0: any free one; Server::port() tells
  std::size_t max_connections = 20'000;
  std::size_t max_active = 512;  ///< requests being worked on; further ones wait their turn
  std::size_t max_headers = 100;
  std::size_t max_header_bytes = 32 * 1024;  ///< request line and headers together
  std::size_t max_body_bytes = 1 << 20;
  std::chrono::milliseconds header_deadline{10'000};  ///< from the first byte to the empty line
  std::chrono::milliseconds body_deadline{30'000};
  std::chrono::milliseconds idle_timeout{120'000};  ///< a parked keep-alive connection
  std::chrono::milliseconds send_stall{60'000};     ///< a client that takes no byte for this long is dropped
};

/// A bound, listening socket with its service. Destruction closes at once.
class Server {
 public:
  virtual ~Server() = default;
  virtual std::uint16_t port() const = 0;
  /// Starts to answer; until then connections queue in the backlog.
  virtual void start() = 0;
  /// Stops accepting, lets running requests finish for at most `patience`, then closes the rest.
  virtual void drain(std::chrono::milliseconds patience) = 0;
};

struct RegistryOptions {
  ListenOptions listen;
  std::vector<std::string> hosts;  ///< names of configured upstreams
  std::string default_host = "docker.io";
  std::map<std::string, std::string> aliases;  ///< other names of configured upstreams -> their name
  /// By upstream: what an index is judged for when the client does not say what it runs on. Upstreams
  /// without an entry: the platform of this machine.
  std::map<std::string, std::vector<oci::Platform>> platforms;
  std::chrono::milliseconds hold{25'000};  ///< per hop while an image is judged
  int hops = 8;                            ///< 307 to itself, then "scan in progress"
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

struct AdminOptions {
  ListenOptions listen;
};

/// `/healthz`, `/readyz`, `/metrics`. `readiness` is called for each /readyz, from any thread.
util::Result<std::unique_ptr<Server>> listen_admin(const AdminOptions& options,
                                                   const PrometheusMetrics& exposed, util::Metrics& metrics,
                                                   std::function<std::vector<Readiness>()> readiness);

}  // namespace portcullis::http
