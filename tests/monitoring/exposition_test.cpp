// SPDX-License-Identifier: Apache-2.0
//
// /metrics of a server that has served and blocked, as Prometheus reads it.
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <optional>
#include <set>
#include <sstream>

#include "metric_names.hpp"
#include "support/docker_registry.hpp"
#include "support/http_get.hpp"
#include "support/image_builder.hpp"
#include "support/portcullis_server.hpp"
#include "support/require.hpp"
#include "support/samples.hpp"
#include "support/temp_dir.hpp"
#include "support/wait.hpp"

namespace portcullis::test {
namespace {

/// Counted when it happens for the first time, and nothing here makes it happen.
const std::set<std::string> kRare = {"portcullis_admin_refused_total",
                                     "portcullis_blob_evictions_total",
                                     "portcullis_clients_refused_total",
                                     "portcullis_http_rejected_total",
                                     "portcullis_notify_behind_seconds",
                                     "portcullis_notify_events_total",
                                     "portcullis_notify_waiting_events",
                                     "portcullis_name_refusals_total",
                                     "portcullis_referrers_total",
                                     "portcullis_rescans_total",
                                     "portcullis_rescans_waiting",
                                     "portcullis_retro_alerts_total",
                                     "portcullis_scan_reused_total",
                                     "portcullis_stale_answers_total",
                                     "portcullis_tls_certificate_expiry_timestamp_seconds",
                                     "portcullis_upstream_ratelimit_limit",
                                     "portcullis_upstream_ratelimit_remaining",
                                     "portcullis_upstream_ratelimit_window_seconds",
                                     "portcullis_waivers_expired_total"};

class Exposition : public ::testing::Test {
 protected:
  void SetUp() override {
    PORTCULLIS_REQUIRE_TOOL("docker-registry");
    registry_.emplace(dir_ / "registry");
    server_.emplace(PortcullisServer::Options{.directory = dir_ / "portcullis",
                                              .upstreams = {"docker.io=" + registry_->url()},
                                              .flags = {"--rules", broken_.string()},
                                              .config = "[policy]\nmode = \"enforce\"\n"});
    const auto clean = ImageBuilder().layer({{"etc/motd", "Welcome.\n"}}).build();
    const auto infected = ImageBuilder().layer({{"opt/"}, {"opt/payload.com", eicar()}}).build();
    push(registry_->port(), "team/clean", "1", clean);
    push(registry_->port(), "team/infected", "1", infected);
    EXPECT_EQ(get("team/clean/manifests/1"), 200);
    EXPECT_EQ(get("team/clean/blobs/" + clean.layers[0].digest().text()), 200);
    EXPECT_EQ(get("team/infected/manifests/1"), 403);
  }

  int get(const std::string& path) const {
    HttpResponse answer;
    wait_until([&] {
      answer = http_get(server_->port(), "/v2/" + path,
                        {{"User-Agent", "curl/7.88.1 secret-agent"},
                         {"Accept", std::string(oci::kOciManifest)},
                         {"Accept", std::string(oci::kDockerManifest)}});
      return answer.status != 307;
    });
    return answer.status;
  }

  std::string metrics() const { return http_get(server_->admin_port(), "/metrics").body; }

  const TempDir dir_;
  const std::filesystem::path broken_ = dir_.write("broken.yar", "rule x { condition: what }");
  std::optional<DockerRegistry> registry_;
  std::optional<PortcullisServer> server_;
};

TEST_F(Exposition, PromtoolFindsNothingToSay) {
  PORTCULLIS_REQUIRE_TOOL("promtool");
  const auto checked = run({.argv = {"promtool", "check", "metrics"}, .input = metrics()});
  EXPECT_EQ(checked.exit_code, 0);
  EXPECT_EQ(checked.out + checked.err, "");
}

TEST_F(Exposition, HasEveryMetricOfTheSourceAndNoOther) {
  const auto kinds = counted_metrics().kinds;
  std::set<std::string> exposed;
  std::istringstream lines(metrics());
  for (std::string word, name, line; lines >> word >> word >> name && std::getline(lines, line);) {
    exposed.insert(name);
    while (lines.peek() != '#' && std::getline(lines, line)) continue;
  }
  for (const auto& name : exposed) EXPECT_TRUE(kinds.contains(name)) << name;
  for (const auto& [name, kind] : kinds) {
    EXPECT_TRUE(exposed.contains(name) || kRare.contains(name)) << name << " is nowhere in /metrics";
  }
  for (const auto& name : kRare) EXPECT_TRUE(kinds.contains(name)) << name << " does not exist";
}

TEST_F(Exposition, SaysWhatHappened) {
  const auto value = [this](std::string_view name, std::string_view labels = "") {
    return server_->metric(name, labels);
  };
  EXPECT_EQ(value("portcullis_pulls_total", R"(action="allow",upstream="docker.io")"), 1);
  EXPECT_EQ(value("portcullis_pulls_total", R"(action="block",upstream="docker.io")"), 1);
  EXPECT_EQ(value("portcullis_pulls_total", R"(action="warn",upstream="docker.io")"), 0);
  EXPECT_EQ(value("portcullis_judge_seconds_count", R"(result="allow")"), 1);
  EXPECT_EQ(value("portcullis_judge_seconds_count", R"(result="block")"), 1);
  EXPECT_EQ(value("portcullis_scan_seconds_count"), value("portcullis_scans_total", "complete"));
  EXPECT_GT(value("portcullis_findings_total"), 0);
  EXPECT_GT(
      value("portcullis_http_request_seconds_count", R"(listener="registry",method="GET",route="blob")"), 0);
  EXPECT_GT(value("portcullis_http_sent_bytes_total", R"(listener="registry",route="blob")"), 100);
  EXPECT_GT(value("portcullis_blob_fetched_bytes_total", "docker.io"), 100);
  EXPECT_GT(value("portcullis_blob_misses_total"), 0);
  EXPECT_GT(value("portcullis_blob_cache_limit_bytes"), value("portcullis_blob_cache_bytes"));
  EXPECT_GT(value("portcullis_upstream_request_seconds_count", R"(kind="blob")"), 0);
  EXPECT_GT(value("portcullis_database_transaction_seconds_count", "write"), 0);
  EXPECT_EQ(value("portcullis_events_total", "image-blocked"), 1);
  EXPECT_EQ(value("portcullis_ready", "scanner"), 1);
  EXPECT_EQ(value("portcullis_rule_files_set_aside"), 1);
  EXPECT_GT(value("portcullis_rules"), 5);
  EXPECT_EQ(value("portcullis_rules_info"), 1);
  EXPECT_EQ(value("portcullis_build_info"), 1);
  EXPECT_EQ(value("portcullis_scan_workers_limit"), 2);
  EXPECT_EQ(value("portcullis_waivers"), 0);
  EXPECT_GT(value("process_resident_memory_bytes"), 1 << 20);
  EXPECT_GT(value("process_open_fds"), 5);
  EXPECT_TRUE(wait_until([&] { return value("portcullis_pull_queue_depth") == 0; }));
  EXPECT_TRUE(wait_until([&] { return value("portcullis_images_running") == 0; }));
}

/// A label whose values anybody can make up fills the memory of Prometheus.
TEST_F(Exposition, NoLabelComesFromARequestOrAnImage) {
  EXPECT_EQ(get("no-such-host.example/team/x/manifests/1"), 403);
  const auto text = metrics();
  for (const auto word : {"team", "sha256", "no-such-host", "secret-agent", "127.0.0.1", "eicar"}) {
    EXPECT_EQ(text.find(word), std::string::npos) << word;
  }
}

TEST_F(Exposition, ReloadsAreCountedByResult) {
  const auto reloads = [this](std::string_view result) {
    return server_->metric("portcullis_reloads_total", result);
  };
  EXPECT_EQ(reloads("refused"), 0);
  server_->process().signal(SIGHUP);
  EXPECT_TRUE(wait_until([&] { return reloads("ok") == 1; })) << server_->log();
  write_file(dir_ / "portcullis/portcullis.toml", "[policy");
  server_->process().signal(SIGHUP);
  EXPECT_TRUE(wait_until([&] { return reloads("refused") == 1; })) << server_->log();
}

}  // namespace
}  // namespace portcullis::test
