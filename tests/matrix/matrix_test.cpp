// SPDX-License-Identifier: Apache-2.0
//
// Every client in every situation, with what it prints and how many requests reached the origin. One
// test a client, because its daemon starts once for all its cells.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iostream>

#include "clients.hpp"
#include "report.hpp"
#include "support/paths.hpp"
#include "support/require.hpp"

namespace portcullis::matrix {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;

/// The row whose image is used to see that the origin works at all.
constexpr std::string_view kControl = "control";

const std::filesystem::path kReports = std::filesystem::path(test::program_path()) / "../client-matrix";

Observed pull(Client& client, Stage& stage, std::string_view row, const Sample& sample) {
  stage.forget_origin();
  const auto result = client.pull(row, sample);
  return {result.exit_code, !client.image(row, sample).empty(), stage.origin_requests(sample),
          result.out + result.err};
}

void expect(const Cell& cell, const Observed& seen, Situation situation) {
  const auto outcome = seen.outcome();
  EXPECT_TRUE(outcome == cell.outcome)
      << "expected: " << name_of(cell.outcome) << ", seen: " << seen.summary() << "\n"
      << seen.text;
  if (cell.outcome == Outcome::asks_origin) {
    EXPECT_EQ(seen.arrived, situation != Situation::absent) << "what a fallback leads to\n" << seen.text;
  }
  const std::string message(cell.message);
  const std::string older(cell.older.empty() ? cell.message : cell.older);
  EXPECT_THAT(seen.text, AnyOf(HasSubstr(message), HasSubstr(older)));
}

/// The tag of an image that was pulled before now leads to an infected one: the old image stays.
void expect_kept(Client& client, Stage& stage, std::string_view row) {
  if (!client.keeps(row)) return;
  SCOPED_TRACE("tag moved to an infected image");
  const auto& sample = stage.sample(row, Situation::clean);
  const auto before = client.image(row, sample);
  stage.infect(row, sample);
  const auto seen = pull(client, stage, row, sample);
  EXPECT_NE(seen.exit_code, 0) << seen.text;
  EXPECT_EQ(seen.at_origin, 0U);
  EXPECT_EQ(client.image(row, sample), before);
}

/// All situations of all rows; prints the table in the end.
void run_matrix(const std::vector<std::string>& rows, std::unique_ptr<Client> (*make)(Stage&),
                const std::string& file) {
  auto images = rows;
  images.emplace_back(kControl);
  Stage stage(images);
  const auto client = make(stage);
  Report report(client->version());
  for (const auto& row : rows) {
    if (const auto why = client->lacks(row); !why.empty()) report.unavailable(row, why);
  }
  for (const auto situation : Stage::kOrder) {
    stage.enter(situation);
    for (const auto& row : rows) {
      if (!client->lacks(row).empty()) continue;
      SCOPED_TRACE(row + ", " + std::string(name_of(situation)));
      const auto& sample = stage.sample(row, situation);
      if (situation == Situation::still_scanning) stage.keep_scanning(sample);
      const auto seen = pull(*client, stage, row, sample);
      expect(expected(row).at(situation), seen, situation);
      report.add(row, situation, seen);
      if (situation == Situation::blocked) expect_kept(*client, stage, row);
      if (situation == Situation::still_scanning) {
        stage.finish_scan(sample);
        SCOPED_TRACE("once the scan is done");
        expect({Outcome::served}, pull(*client, stage, row, sample), Situation::clean);
      }
    }
  }
  if (client->lacks(rows.front()).empty()) {
    SCOPED_TRACE("control: the origin serves this client, so 0 requests mean that it did not ask");
    const auto& sample = stage.sample(kControl, Situation::blocked);
    stage.forget_origin();
    const auto result = client->pull_from_origin(sample);
    EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
    EXPECT_GT(stage.origin_requests(sample), 0U);
  }
  if (::testing::Test::HasFailure()) std::cout << "--- log of Portcullis ---\n" << stage.portcullis_log();
  std::cout << "\n" << report.text() << std::endl;
  std::filesystem::create_directories(kReports);
  test::write_file(kReports / file, report.text());
}

bool registry_is_here() {
  return test::have_tool("docker-registry") && test::have_tool("openssl") && test::have_tool("curl");
}

#define PORTCULLIS_REQUIRE_CLIENTS(condition, what)     \
  PORTCULLIS_REQUIRE_ROOT();                            \
  PORTCULLIS_REQUIRE(registry_is_here() && (condition), \
                     std::string("docker-registry, openssl, curl, ") + (what))

TEST(ClientMatrix, DockerClassicStore) {
  PORTCULLIS_REQUIRE_CLIENTS(have_client("dockerd") && have_client("docker"), "dockerd and docker");
  run_matrix({"docker-mirror", "docker-host", "docker-host-prefix"}, docker_client, "1-docker.txt");
}

TEST(ClientMatrix, DockerContainerdStore) {
  PORTCULLIS_REQUIRE_CLIENTS(have_client("dockerd") && have_client("docker"), "dockerd and docker");
  run_matrix({"docker-containerd"}, docker_containerd_client, "2-docker-containerd.txt");
}

TEST(ClientMatrix, Containerd) {
  PORTCULLIS_REQUIRE_CLIENTS(have_client("containerd") && have_client("ctr"), "containerd and ctr");
  run_matrix({"ctr-tag", "ctr-digest", "ctr-index", "ctr-server"}, containerd_client, "3-containerd.txt");
}

TEST(ClientMatrix, Podman) {
  PORTCULLIS_REQUIRE_CLIENTS(have_client("podman"), "podman");
  run_matrix({"podman-mirror", "podman-location"}, podman_client, "4-podman.txt");
}

TEST(ClientMatrix, Skopeo) {
  PORTCULLIS_REQUIRE_CLIENTS(have_client("skopeo"), "skopeo");
  run_matrix({"skopeo-mirror", "skopeo-location"}, skopeo_client, "5-skopeo.txt");
}

}  // namespace
}  // namespace portcullis::matrix
