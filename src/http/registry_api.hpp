// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "message.hpp"
#include "portcullis/gate/gate.hpp"
#include "portcullis/http/server.hpp"
#include "portcullis/util/metrics.hpp"
#include "rejection.hpp"
#include "route.hpp"

namespace portcullis::http {

/// The pull half of the OCI distribution API over a gate. Stateless between requests; any thread.
class RegistryApi {
 public:
  /// Gate and metrics outlive it.
  RegistryApi(RegistryOptions options, gate::Gate& gate, util::Metrics& metrics);

  Answer answer(const Request& request) const;

  /// What an index is judged for on the mirror route: the platform docker names in its User-Agent
  /// (`... os/linux arch/arm64 ...`), else the configured ones, else that of this machine.
  std::vector<oci::Platform> wanted_platforms(const Route& route, std::string_view agent) const;

 private:
  Answer dispatch(const Request& request, const Target& target) const;
  Answer manifest(const Request& request, const Target& target, const ManifestTarget& wanted) const;
  Answer blob(const Request& request, const Target& target, const BlobTarget& wanted) const;
  /// Whatever was not served leaves through here, in the style that holds this client.
  Answer refuse(const Request& request, const Target& target, RouteKind route, Asked asked,
                Rejection rejection) const;
  Answer refuse_target(const Request& request, const Target& target, const Answer& error) const;
  /// A redirect to the same place; nullopt when this client has been sent round often enough.
  std::optional<Answer> again(const Request& request, const Target& target) const;

  RegistryOptions options_;
  gate::Gate& gate_;
  util::Metrics& metrics_;
};

}  // namespace portcullis::http
