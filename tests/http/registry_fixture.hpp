// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "http/raw_client.hpp"
#include "http/scripted_gate.hpp"
#include "portcullis/http/server.hpp"

namespace portcullis::http::test {

/// A registry listener on a free port over a scripted gate; tests change `options` before start().
class RegistryFixture : public testing::Test {
 protected:
  RegistryFixture() {
    options_.listen.idle_timeout = std::chrono::seconds(60);
    gate_.on_manifest = [](const gate::ManifestRequest&) { return served_manifest(kManifest); };
  }

  void start() {
    auto server = listen_registry(options_, gate_, metrics_);
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
    server_->start();
  }

  std::uint16_t port() const { return server_->port(); }
  double metric(std::string_view key) const { return metrics_.value(key); }

  static inline const std::string kManifest = R"({"schemaVersion":2})";
  static inline const std::string kTarget = "/v2/team/app/manifests/1.0";
  static inline const std::string kByPrefix = "/v2/docker.io" + kTarget.substr(3);

  ScriptedGate gate_;
  util::MemoryMetrics metrics_;
  RegistryOptions options_;
  std::unique_ptr<Server> server_;
};

}  // namespace portcullis::http::test
