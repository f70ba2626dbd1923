// SPDX-License-Identifier: Apache-2.0
#include "route.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <string>

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
  if (const auto* r = std::get_if<ReferrersTarget>(&*destination)) return route(r->route) + " referrers";
  if (const auto* t = std::get_if<TagsTarget>(&*destination)) return route(t->route) + " tags of " + t->name;
  if (std::holds_alternative<CatalogTarget>(*destination)) return "catalog";
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
        Row{"tags", "/v2/ghcr.io/a/b/tags/list?n=1", "prefix ghcr.io a/b tags of ghcr.io/a/b"},
        Row{"tags_of_an_official_image", "/v2/nginx/tags/list",
            "mirror docker.io library/nginx tags of nginx"},
        Row{"a_repository_called_tags", "/v2/a/tags/tags/list", "mirror docker.io a/tags tags of a/tags"},
        Row{"tags_of_a_bad_name", "/v2/A/tags/list", "400 NAME_INVALID"},
        Row{"referrers", "/v2/a/b/referrers/" + kDigest + "?ns=ghcr.io", "mirror ghcr.io a/b ns referrers"},
        Row{"referrers_of_a_tag", "/v2/a/b/referrers/1.0", "400 DIGEST_INVALID"},
        Row{"catalog", "/v2/_catalog?n=1", "catalog"},
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
        Row{"blob_by_alias", "/v2/a/b/blobs/" + kDigest + "?ns=hub.corp%3A5000",
            "mirror quay.io a/b ns blob"},
        Row{"referrers_by_ns_alias", "/v2/nginx/referrers/" + kDigest + "?ns=index.docker.io",
            "mirror docker.io library/nginx ns referrers"},
        Row{"referrers_by_prefix_alias", "/v2/hub.corp:5000/a/b/referrers/" + kDigest,
            "prefix quay.io a/b referrers"},
        Row{"tags_by_ns_alias", "/v2/nginx/tags/list?ns=registry-1.docker.io",
            "mirror docker.io library/nginx ns tags of nginx"},
        Row{"tags_by_prefix_alias", "/v2/hub.corp:5000/a/b/tags/list",
            "prefix quay.io a/b tags of hub.corp:5000/a/b"},
        Row{"digest_reference", "/v2/a/b/manifests/" + kDigest, "mirror docker.io a/b manifest " + kDigest},
        Row{"digest_escaped", "/v2/a/b/manifests/sha256%3A" + kDigest.substr(7),
            "mirror docker.io a/b manifest " + kDigest},
        Row{"blob", "/v2/a/b/blobs/" + kDigest, "mirror docker.io a/b blob"},
        Row{"repository_called_manifests", "/v2/a/manifests/blobs/" + kDigest,
            "mirror docker.io a/manifests blob"},
        Row{"deep_name", "/v2/a/b/c/d/e/manifests/x", "mirror docker.io a/b/c/d/e manifest x"},
        Row{"tags_alone", "/v2/a/b/tags", "unknown"}, Row{"v1", "/v1/search", "unknown"},
        Row{"root", "/", "unknown"}, Row{"no_name", "/v2/manifests/x", "unknown"},
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

struct KindRow {
  const char* name;
  const char* target;
  RouteKind kind;
};

class RouteKindTable : public testing::TestWithParam<KindRow> {};

TEST_P(RouteKindTable, IsKnownWhateverTheRestSays) {
  EXPECT_EQ(route_kind(*Target::parse(GetParam().target)), GetParam().kind);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, RouteKindTable,
    testing::Values(KindRow{"plain", "/v2/a/b/manifests/1", RouteKind::mirror},
                    KindRow{"host_in_path", "/v2/ghcr.io/a/manifests/1", RouteKind::prefix},
                    KindRow{"bad_name", "/v2/A/manifests/1", RouteKind::mirror},
                    KindRow{"bad_name_behind_a_host", "/v2/ghcr.io/A/manifests/1", RouteKind::prefix},
                    KindRow{"ns_wins", "/v2/ghcr.io/a/manifests/1?ns=quay.io", RouteKind::mirror},
                    KindRow{"ns_twice", "/v2/ghcr.io/a/manifests/1?ns=a.b&ns=c.d", RouteKind::mirror}),
    [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace portcullis::http
