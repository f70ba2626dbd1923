// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <vector>

#include "message.hpp"
#include "portcullis/http/metrics.hpp"
#include "portcullis/http/server.hpp"

namespace portcullis::http {

/// `/healthz`, `/readyz`, `/metrics`. `metrics` outlives it; any thread.
class AdminApi {
 public:
  AdminApi(const PrometheusMetrics& metrics, std::function<std::vector<Readiness>()> readiness);

  Answer answer(const Request& request) const;

 private:
  Answer ready() const;

  const PrometheusMetrics& metrics_;
  std::function<std::vector<Readiness>()> readiness_;
};

}  // namespace portcullis::http
