// SPDX-License-Identifier: Apache-2.0
//
// What doctor makes of answers: of those that stop every client, and of those that do not. What the real
// server answers is seen by the tests of `serve`.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "doctor_clients.hpp"
#include "doctor_host.hpp"
#include "portcullis/api/client_config.hpp"
#include "program.hpp"
#include "support/image_builder.hpp"
#include "support/raw_server.hpp"

namespace portcullis::cli {
namespace {

using namespace api;  // client configurations

using test::http_message;
using test::RawAnswer;
using test::RawRequest;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const std::string kBlock = "BLOCKED by Portcullis: rule x; report 7f3k";

/// Answers that stop each kind of client.
RawAnswer by_the_book(const RawRequest& request) {
  const auto agent = [&](const char* name) {
    return request.head.find(std::string("User-Agent: ") + name) != std::string::npos;
  };
  static const auto image = test::ImageBuilder().layer({{"eicar.com", "x"}}).build();
  const auto denied = http_message("403 " + kBlock, "Content-Type: application/json\r\n",
                                   R"({"errors":[{"code":"DENIED","message":")" + kBlock + R"("}]})");
  const auto choices = http_message("300 " + kBlock, "", "");
  const auto no_such_process = http_message("503 " + kBlock + " (no such process)", "", "");
  if (request.target.find("/v2/docker.io/") == 0) return {denied};
  if (request.target.find("?ns=") != std::string::npos) return {choices};
  if (agent("containers/")) {
    if (request.target.find("/blobs/") != std::string::npos) return {denied};
    return {
        http_message("200 OK", "Content-Type: " + image.manifest.media_type + "\r\n", image.manifest.bytes)};
  }
  return {request.method == "HEAD" ? choices : no_such_process};
}

Diagnosis diagnose(const test::RawServer& server) {
  Diagnosis out;
  pull_canary({.url = server.url(), .ca_file = "", .timeout = std::chrono::seconds(30)}, out);
  return out;
}

std::size_t count(const Diagnosis& diagnosis, Finding finding) {
  return static_cast<std::size_t>(std::ranges::count(diagnosis.checks, finding, &Check::finding));
}

TEST(DoctorClients, AnswersByTheBookStopEveryClient) {
  const test::RawServer server([](const RawRequest& request) { return by_the_book(request); });
  const auto diagnosis = diagnose(server);
  EXPECT_EQ(count(diagnosis, Finding::ok), 7u) << render_text(diagnosis);
  EXPECT_EQ(diagnosis.checks.size(), 7u);
  EXPECT_EQ(diagnosis.exit_code(), 0);
}

TEST(DoctorClients, AWaitInBetweenIsFollowed) {
  const test::RawServer server([](const RawRequest& request) -> RawAnswer {
    if (request.target.find("hop=1") == std::string::npos) {
      const auto mark = request.target.find('?') == std::string::npos ? "?" : "&";
      return {http_message("307 Temporary Redirect", "Location: " + request.target + mark + "hop=1\r\n", "")};
    }
    return by_the_book(request);
  });
  EXPECT_EQ(count(diagnose(server), Finding::ok), 7u);
}

struct Row {
  const char* name;
  std::string answer;  ///< to everything
  std::size_t bad;
};

TEST(DoctorClients, OneAnswerForAllStopsOnlySome) {
  const Row rows[] = {
      {"403", http_message("403 " + kBlock, "", ""), 5},
      {"300", http_message("300 " + kBlock, "", ""), 5},
      {"300 that leads somewhere", http_message("300 " + kBlock, "Location: /x\r\n", ""), 7},
      {"503 without the words", http_message("503 " + kBlock, "", ""), 7},
      {"403 of somebody else", http_message("403 Forbidden", "", ""), 7},
      {"served", http_message("200 OK", "Content-Type: application/vnd.oci.image.manifest.v1+json\r\n", "{}"),
       7},
      {"not there", http_message("404 Not Found", "", ""), 7},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    const test::RawServer server([&](const RawRequest&) { return RawAnswer{row.answer}; });
    const auto diagnosis = diagnose(server);
    EXPECT_EQ(count(diagnosis, Finding::bad), row.bad) << render_text(diagnosis);
    EXPECT_EQ(diagnosis.exit_code(), 1);
  }
}

TEST(DoctorClients, AnEndlessRoundAndAForeignPlaceAreNoAnswer) {
  for (const auto* location : {"/v2/x", "https://elsewhere.example/", "//elsewhere.example/"}) {
    const test::RawServer server([&](const RawRequest&) {
      return RawAnswer{
          http_message("307 Temporary Redirect", std::string("Location: ") + location + "\r\n", "")};
    });
    const auto diagnosis = diagnose(server);
    EXPECT_EQ(count(diagnosis, Finding::unknown), 7u) << location;
    EXPECT_EQ(diagnosis.exit_code(), 2);
  }
}

TEST(DoctorReport, SaysWhatIsWrongAndWhatToDoInSafeText) {
  Diagnosis diagnosis;
  diagnosis.checks = {{"The server", "one", Finding::ok, "fine", "never shown"},
                      {"The server", "two", Finding::bad, "bad\x1b[31m", "do this"}};
  diagnosis.protections = {{"a client", Finding::bad, "DOES NOT HOLD", "asks the origin"}};
  EXPECT_EQ(render_text(diagnosis),
            "The server\n  ok    one (fine)\n  FAIL  two (bad\\x1b[31m)\n        -> do this\n\n"
            "client    after a refusal  while Portcullis is down\n"
            "a client  DOES NOT HOLD    asks the origin\n\nNot everything is well.\n");
  const auto json = nlohmann::json::parse(render_json(diagnosis));
  EXPECT_EQ(json["exit_code"], 1);
  EXPECT_EQ(json["checks"][1]["advice"], "do this");
  EXPECT_FALSE(json["checks"][0].contains("advice"));
  EXPECT_EQ(json["clients"][0]["after_refusal"], "DOES NOT HOLD");
}

class DoctorHost : public testing::Test {
 protected:
  std::string check() {
    Diagnosis out;
    check_clients_here(dir_.path(), portcullis_, out);
    return render_text(out);
  }

  const test::TempDir dir_;
  const api::Endpoint portcullis_ = *api::Endpoint::parse("http://p.example:5000");
};

TEST_F(DoctorHost, NothingHereIsOnlyANote) {
  EXPECT_THAT(check(), AllOf(HasSubstr("note  none of them pulls through http://p.example:5000"),
                             HasSubstr("A block is a block from here.")));
}

TEST_F(DoctorHost, WhatClientConfigPrintsHolds) {
  const ClientConfigJob job{portcullis_, {"docker.io", "ghcr.io"}, std::nullopt};
  for (const auto& made : {docker_config(job), containerd_config(job), podman_config(job)}) {
    for (const auto& file : made.files) dir_.write(file.path.substr(5), file.content);
  }
  const auto text = check();
  EXPECT_THAT(text, Not(AnyOf(HasSubstr("FAIL"), HasSubstr("??"))));
  for (const auto* line :
       {"ok    dockerd pulls Docker Hub images through Portcullis",
        "note  dockerd pulls from other registries directly",
        "ok    docker with the containerd store: images of docker.io come from Portcullis only",
        "ok    containerd: images of ghcr.io come from Portcullis only",
        "ok    containerd: images of other registries come from Portcullis only",
        "ok    podman, skopeo, CRI-O: images of ghcr.io come from Portcullis only"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

struct FileRow {
  const char* name;
  const char* file;
  const char* content;
  const char* expected;
};

class DoctorHostTable : public DoctorHost, public testing::WithParamInterface<FileRow> {};

TEST_P(DoctorHostTable, Tells) {
  dir_.write(GetParam().file, GetParam().content);
  EXPECT_THAT(check(), HasSubstr(GetParam().expected));
}

constexpr auto kHosts = "containerd/certs.d/docker.io/hosts.toml";
constexpr auto kRegistries = "containers/registries.conf";

INSTANTIATE_TEST_SUITE_P(
    Rows, DoctorHostTable,
    testing::Values(
        FileRow{"docker_other_mirror_first", "docker/daemon.json",
                R"({"registry-mirrors": ["https://m.example", "http://p.example:5000/"]})",
                "FAIL  dockerd asks https://m.example before Portcullis"},
        FileRow{"docker_elsewhere", "docker/daemon.json", R"({"registry-mirrors": ["https://m.example"]})",
                "none of them"},
        FileRow{"docker_broken", "docker/daemon.json", "{", "??    "},
        FileRow{"no_server", kHosts, "[host.\"http://p.example:5000\"]\n", "without server"},
        FileRow{"other_server", kHosts,
                "server = \"https://registry-1.docker.io\"\n[host.\"http://p.example:5000\"]\n",
                "without server"},
        FileRow{"server_alone", kHosts, "server = \"http://p.example:5000\"\n", "without [host]"},
        FileRow{"pull_only", kHosts,
                "server = \"http://p.example:5000\"\n[host.\"http://p.example:5000\"]\ncapabilities = "
                "[\"pull\"]\n",
                "capabilities pull and resolve"},
        FileRow{"another_host", kHosts,
                "server = "
                "\"http://p.example:5000\"\n[host.\"http://p.example:5000\"]\n[host.\"https://m.example\"]\n",
                "https://m.example is asked too"},
        FileRow{"no_capabilities_are_all", kHosts,
                "server = \"http://p.example:5000\"\n[host.\"http://P.example:5000\"]\n",
                "ok    containerd: images of docker.io"},
        FileRow{"hosts_broken", kHosts, "server = ", "hosts.toml cannot be read"},
        FileRow{"old_mirrors", "containerd/config.toml",
                "[plugins.\"io.containerd.grpc.v1.cri\".registry.mirrors.\"docker.io\"]\nendpoint = "
                "[\"http://p.example:5000\"]\n",
                "registry.mirrors always adds it"},
        FileRow{
            "podman_mirror", kRegistries,
            "[[registry]]\nlocation = \"docker.io\"\n[[registry.mirror]]\nlocation = \"p.example:5000\"\n",
            "images of docker.io come from the registry itself after a refusal"},
        FileRow{"podman_location_and_mirror", kRegistries,
                "[[registry]]\nprefix = \"docker.io\"\nlocation = "
                "\"p.example:5000/docker.io\"\n[[registry.mirror]]\nlocation = \"m.example\"\n",
                "may come from m.example"},
        FileRow{"podman_location", "containers/registries.conf.d/a.conf",
                "[[registry]]\nprefix = \"docker.io\"\nlocation = \"p.example:5000/docker.io\"\n",
                "ok    podman, skopeo, CRI-O: images of docker.io"},
        FileRow{"podman_elsewhere", kRegistries, "[[registry]]\nlocation = \"quay.io\"\n", "none of them"}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(DoctorEgress, TellsAnOpenDoorFromAClosedOne) {
  const test::RawServer open([](const RawRequest&) { return RawAnswer{}; });
  upstream::Options reachable;
  reachable.name = "docker.io";
  reachable.url = open.url() + "/path";
  upstream::Options closed;
  closed.name = "ghcr.io";
  closed.url = "http://127.0.0.1:" + std::to_string(test::free_port());
  Diagnosis out;
  check_egress({reachable, closed}, out);
  EXPECT_THAT(render_text(out), AllOf(HasSubstr("FAIL  docker.io can be reached past Portcullis"),
                                      HasSubstr("ok    ghcr.io cannot be reached past Portcullis")));
  EXPECT_TRUE(open.requests().empty()) << "a connection, never a request";
}

}  // namespace
}  // namespace portcullis::cli
