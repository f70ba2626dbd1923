// SPDX-License-Identifier: Apache-2.0
#include "portcullis/http/server.hpp"

#include "admin_api.hpp"
#include "listener.hpp"
#include "registry_api.hpp"

namespace portcullis::http {

util::Result<std::unique_ptr<Server>> listen_registry(const RegistryOptions& options, gate::Gate& gate,
                                                      util::Metrics& metrics) {
  auto handler = [api = RegistryApi(options, gate, metrics)](const Request& request) {
    return api.answer(request);
  };
  return make_listener("registry", options.listen, std::move(handler), metrics);
}

util::Result<std::unique_ptr<Server>> listen_admin(const AdminOptions& options,
                                                   const PrometheusMetrics& exposed, util::Metrics& metrics,
                                                   std::function<std::vector<Readiness>()> readiness) {
  auto handler = [api = AdminApi(exposed, std::move(readiness))](const Request& request) {
    return api.answer(request);
  };
  return make_listener("admin", options.listen, std::move(handler), metrics);
}

}  // namespace portcullis::http
