// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "admin_door.hpp"
#include "message.hpp"
#include "portcullis/http/metrics.hpp"
#include "portcullis/http/server.hpp"

namespace portcullis::http {

/// `/healthz`, `/readyz`, `/metrics`, `/api/v1`, and the dashboard everywhere else. Any thread.
class AdminApi {
 public:
  /// What `parts` and `metrics` refer to outlives it.
  AdminApi(const AdminOptions& options, const AdminParts& parts, util::Metrics& metrics);

  Answer answer(const Request& request);

 private:
  Answer choose(const Request& request, std::string_view path);
  Answer ready() const;
  Answer expose(const Request& request);
  Answer ask_api(const Request& request, std::string_view path);

  const AdminParts parts_;
  const MetricsAccess metrics_access_;
  AdminDoor door_;
};

}  // namespace portcullis::http
