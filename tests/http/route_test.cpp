// SPDX-License-Identifier: Apache-2.0
#include "route.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "registry_api.hpp"

namespace portcullis::http {
namespace {

const std::string kDigest = "sha256:" + std::string(64, 'a');

/// One line for a destination: `mirror docker.io library/nginx manifest 1.0`.
std::string show(const tl::expected<Destination, Answer>& destination) {
  if (!destination) {
    const auto& body = destination.error().body;
    const auto code = body.find("\"code\":\"") + 8;
    return std::to_string(destination.error().status) + " " + body.substr(code, body.find('"', code) - code);
  }
  const auto route = [](const Route& r) {
    return std::string(r.kind == RouteKind::mirror ? "mirror " : "prefix ") + r.host + " " +
           r.repository.text() + (r.ns ? " ns" : "");
  };
  if (const auto* m = std::get_if<ManifestTarget>(&*destination)) {
    return route(m->route) + " manifest " + oci::to_string(m->reference);
  }
  if (const auto* b = std::get_if<BlobTarget>(&*destination)) return route(b->route) + " blob";
  return std::holds_alternative<Ping>(*destination) ? "ping" : "unknown";
}

struct Row {
  const char* name;
  std::string target;
  std::string expected;
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

class RouteTable : public testing::TestWithParam<Row> {};

TEST_P(RouteTable, Finds) {
  const auto target = Target::parse(GetParam().target);
  ASSERT_TRUE(target);
  const Aliases aliases{
      {"index.docker.io", "docker.io"}, {"registry-1.docker.io", "docker.io"}, {"hub.corp:5000", "quay.io"}};
  EXPECT_EQ(show(find_route(*target, "docker.io", aliases)), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, RouteTable,
    testing::Values(
        Row{"ping", "/v2/", "ping"}, Row{"ping_without_slash", "/v2", "ping"},
        Row{"ping_with_ns", "/v2/?ns=ghcr.io", "ping"},
        Row{"default_host", "/v2/team/app/manifests/1.0", "mirror docker.io team/app manifest 1.0"},
        Row{"official_image", "/v2/nginx/manifests/1.0", "mirror docker.io library/nginx manifest 1.0"},
        Row{"official_image_spelled_out", "/v2/library/nginx/manifests/1",
            "mirror docker.io library/nginx manifest 1"},
        Row{"ns", "/v2/team/app/manifests/1.0?ns=ghcr.io", "mirror ghcr.io team/app ns manifest 1.0"},
        Row{"ns_with_port_escaped", "/v2/app/manifests/1?ns=localhost%3A5000",
            "mirror localhost:5000 app ns manifest 1"},
        Row{"ns_docker_io_official", "/v2/nginx/manifests/1?ns=docker.io",
            "mirror docker.io library/nginx ns manifest 1"},
        Row{"ns_beside_hop", "/v2/a/b/manifests/1?portcullis-hop=3&ns=quay.io",
            "mirror quay.io a/b ns manifest 1"},
        Row{"ns_unconfigured_host_is_still_a_host", "/v2/a/b/manifests/1?ns=ghrc.io",
            "mirror ghrc.io a/b ns manifest 1"},
        Row{"ns_twice", "/v2/a/b/manifests/1?ns=quay.io&ns=ghcr.io", "400 NAME_INVALID"},
        Row{"ns_empty", "/v2/a/b/manifests/1?ns=", "400 NAME_INVALID"},
        Row{"ns_with_path", "/v2/a/b/manifests/1?ns=quay.io/x", "400 NAME_INVALID"},
        Row{"ns_with_user", "/v2/a/b/manifests/1?ns=user%40quay.io", "400 NAME_INVALID"},
        Row{"prefix", "/v2/ghcr.io/team/app/manifests/1", "prefix ghcr.io team/app manifest 1"},
        Row{"prefix_with_port", "/v2/localhost:5000/app/manifests/1", "prefix localhost:5000 app manifest 1"},
        Row{"prefix_localhost", "/v2/localhost/app/manifests/1", "prefix localhost app manifest 1"},
        Row{"prefix_docker_io_official", "/v2/docker.io/nginx/manifests/1",
            "prefix docker.io library/nginx manifest 1"},
        Row{"prefix_alias_of_another", "/v2/hub.corp:5000/team/app/manifests/1",
            "prefix quay.io team/app manifest 1"},
        Row{"ns_alias", "/v2/nginx/manifests/1?ns=registry-1.docker.io",
            "mirror docker.io library/nginx ns manifest 1"},
        Row{"prefix_alias", "/v2/index.docker.io/nginx/manifests/1",
            "prefix docker.io library/nginx manifest 1"},
        Row{"digest_reference", "/v2/a/b/manifests/" + kDigest, "mirror docker.io a/b manifest " + kDigest},
        Row{"digest_escaped", "/v2/a/b/manifests/sha256%3A" + kDigest.substr(7),
            "mirror docker.io a/b manifest " + kDigest},
        Row{"blob", "/v2/a/b/blobs/" + kDigest, "mirror docker.io a/b blob"},
        Row{"repository_called_manifests", "/v2/a/manifests/blobs/" + kDigest,
            "mirror docker.io a/manifests blob"},
        Row{"deep_name", "/v2/a/b/c/d/e/manifests/x", "mirror docker.io a/b/c/d/e manifest x"},
        Row{"catalog", "/v2/_catalog", "unknown"}, Row{"tags", "/v2/a/b/tags/list", "unknown"},
        Row{"v1", "/v1/search", "unknown"}, Row{"root", "/", "unknown"},
        Row{"no_name", "/v2/manifests/x", "unknown"},
        Row{"empty_name", "/v2//manifests/x", "400 NAME_INVALID"},
        Row{"upper_case_name", "/v2/Team/app/manifests/1", "400 NAME_INVALID"},
        Row{"dot_dot", "/v2/a/../b/manifests/1", "400 NAME_INVALID"},
        Row{"dot_dot_escaped", "/v2/a/%2e%2e/b/manifests/1", "400 NAME_INVALID"},
        Row{"trailing_separator", "/v2/a-/manifests/1", "400 NAME_INVALID"},
        Row{"name_too_long", "/v2/" + std::string(256, 'a') + "/manifests/1", "400 NAME_INVALID"},
        Row{"bad_tag", "/v2/a/b/manifests/-x", "400 TAG_INVALID"},
        Row{"empty_tag", "/v2/a/b/manifests/", "400 TAG_INVALID"},
        Row{"bad_manifest_digest", "/v2/a/b/manifests/sha256:xyz", "400 DIGEST_INVALID"},
        Row{"bad_blob_digest", "/v2/a/b/blobs/sha256:123", "400 DIGEST_INVALID"},
        Row{"unknown_algorithm", "/v2/a/b/blobs/md5:" + std::string(32, 'a'), "400 DIGEST_INVALID"},
        Row{"blob_by_tag", "/v2/a/b/blobs/latest", "400 DIGEST_INVALID"}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(TargetParse, RefusesBadEscapes) {
  for (const std::string text :
       {"/v2/%", "/v2/%4", "/v2/%zz", "/v2/%00", "/v2/%0a", "/v2/%ff", "/v2/?a=%0d"}) {
    EXPECT_FALSE(Target::parse(text)) << text;
  }
}

Route route_of(RouteKind kind) { return {kind, std::nullopt, "docker.io", *oci::Repository::parse("a/b")}; }

TEST(WantedPlatforms, ComeFromTheAgentOnTheMirrorRoute) {
  const auto docker =
      "docker/20.10.24+dfsg1 go/go1.19.8 git-commit/5d6db84 kernel/6.1 os/linux arch/arm64 "
      "UpstreamClient(Docker-Client/20.10.24 \\(linux\\))";
  const auto wanted = wanted_platforms(route_of(RouteKind::mirror), docker);
  ASSERT_EQ(wanted.size(), 1u);
  EXPECT_EQ(wanted[0].text(), "linux/arm64");
}

TEST(WantedPlatforms, AreThisMachinesForAnAgentThatNamesNone) {
  for (const auto* agent : {"containerd/1.6.20", "", "x os/ arch/", "x os/linux"}) {
    SCOPED_TRACE(agent);
    const auto wanted = wanted_platforms(route_of(RouteKind::mirror), agent);
    ASSERT_EQ(wanted.size(), 1u);
    EXPECT_EQ(wanted[0], oci::Platform::host());
  }
}

TEST(WantedPlatforms, AreThoseOfTheUpstreamForAnAgentThatNamesNone) {
  const std::vector<oci::Platform> configured{*oci::Platform::parse("linux/s390x"),
                                              *oci::Platform::parse("linux/arm64")};
  EXPECT_EQ(wanted_platforms(route_of(RouteKind::mirror), "docker/1 os/linux arch/arm64", configured).size(),
            1u)
      << "the client said it";
  EXPECT_EQ(wanted_platforms(route_of(RouteKind::mirror), "containerd/1", configured).size(), 2u);
}

TEST(WantedPlatforms, AreNoneOnThePrefixRoute) {
  EXPECT_TRUE(wanted_platforms(route_of(RouteKind::prefix), "docker/1 os/linux arch/arm64").empty());
}

}  // namespace
}  // namespace portcullis::http
