// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "message.hpp"
#include "portcullis/gate/gate.hpp"
#include "portcullis/http/server.hpp"
#include "route.hpp"

namespace portcullis::http {

/// The pull half of the OCI distribution API over a gate. Stateless between requests; any thread.
class RegistryApi {
 public:
  /// The gate outlives it.
  RegistryApi(const RegistryOptions& options, gate::Gate& gate);

  Answer answer(const Request& request) const;

 private:
  Answer dispatch(const Request& request, const Target& target) const;
  Answer manifest(const Request& request, const Target& target, const ManifestTarget& wanted) const;
  Answer blob(const Request& request, const Target& target, const BlobTarget& wanted) const;
  Answer again(const Target& target, std::chrono::seconds retry_after) const;

  const std::vector<oci::Platform>& configured_platforms(const std::string& host) const;

  std::string default_host_;
  Aliases aliases_;
  std::map<std::string, std::vector<oci::Platform>> platforms_;
  std::chrono::milliseconds hold_;
  int hops_;
  gate::Gate& gate_;
};

/// What an index is judged for on the mirror route: the platform docker names in its User-Agent
/// (`... os/linux arch/arm64 ...`), else those configured for the upstream, else that of this machine.
std::vector<oci::Platform> wanted_platforms(const Route& route, std::string_view agent,
                                            const std::vector<oci::Platform>& configured = {});

}  // namespace portcullis::http
