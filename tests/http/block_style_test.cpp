// SPDX-License-Identifier: Apache-2.0
//
// The table of styles, client by client, through a real listener.
#include "block_style.hpp"

#include <gtest/gtest.h>

#include <ostream>

#include "http/registry_fixture.hpp"

namespace portcullis::http::test {
namespace {

using gate::Status;

// --- who it is

struct AgentRow {
  const char* name;
  const char* agent;
  bool ns;
  ClientFamily family;
};

class Family : public testing::TestWithParam<AgentRow> {};

TEST_P(Family, IsTold) { EXPECT_EQ(client_family(GetParam().agent, GetParam().ns), GetParam().family); }

constexpr const char* kDocker =
    "docker/20.10.24+dfsg1 go/go1.19.8 git-commit/5d6db84 kernel/6.1.0-13-amd64 os/linux arch/amd64 "
    "UpstreamClient(Docker-Client/20.10.24+dfsg1 \\(linux\\))";
constexpr const char* kPodman = "containers/5.23.1 (github.com/containers/image)";

INSTANTIATE_TEST_SUITE_P(
    Agents, Family,
    testing::Values(
        AgentRow{"docker_classic", kDocker, false, ClientFamily::docker},
        AgentRow{"docker_with_the_containerd_store", kDocker, true, ClientFamily::containerd},
        AgentRow{"docker_28", "docker/28.5.1 go/go1.24.8 git-commit/f8215cc kernel/6.1.0 os/linux arch/arm64",
                 false, ClientFamily::docker},
        AgentRow{"ctr", "containerd/1.6.20~ds1", true, ClientFamily::containerd},
        AgentRow{"containerd_2", "containerd/v2.1.4", true, ClientFamily::containerd},
        AgentRow{"containerd_by_reference", "containerd/v2.1.4", false, ClientFamily::unknown},
        AgentRow{"k3s", "containerd/v1.7.27-k3s1", true, ClientFamily::containerd},
        AgentRow{"buildkit", "buildkit/v0.25", true, ClientFamily::containerd},
        AgentRow{"a_snapshotter", "Go-http-client/1.1", true, ClientFamily::containerd},
        AgentRow{"no_agent_with_ns", "", true, ClientFamily::containerd},
        AgentRow{"podman", kPodman, false, ClientFamily::containers},
        AgentRow{"podman_itself", "podman/5.4.2", false, ClientFamily::containers},
        AgentRow{"libpod", "libpod/4.3.1", false, ClientFamily::containers},
        AgentRow{"skopeo", "skopeo/1.9.3", false, ClientFamily::containers},
        AgentRow{"buildah", "Buildah/1.28.2", false, ClientFamily::containers},
        AgentRow{"cri_o", "cri-o/1.32.1 go/go1.23.3 os/linux arch/amd64", false, ClientFamily::containers},
        AgentRow{"crane", "crane/v0.20.2 go-containerregistry/v0.20.2", false, ClientFamily::tool},
        AgentRow{"go_containerregistry", "go-containerregistry/v0.19.1", false, ClientFamily::tool},
        AgentRow{"built_on_it", "ko/0.17.1 go-containerregistry/v0.20.2", false, ClientFamily::tool},
        AgentRow{"curl", "curl/7.88.1", false, ClientFamily::tool},
        AgentRow{"curl_with_ns", "curl/7.88.1", true, ClientFamily::tool},
        AgentRow{"wget", "Wget/1.21.3", false, ClientFamily::tool},
        AgentRow{"python", "python-requests/2.28.1", false, ClientFamily::tool},
        AgentRow{"urllib", "Python-urllib/3.11", false, ClientFamily::tool},
        AgentRow{"browser", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", false,
                 ClientFamily::tool},
        AgentRow{"our_doctor", "portcullis-doctor", false, ClientFamily::tool},
        AgentRow{"nobody", "", false, ClientFamily::unknown},
        AgentRow{"go", "Go-http-client/1.1", false, ClientFamily::unknown},
        AgentRow{"looks_like_docker", "dockerish/1.0", false, ClientFamily::unknown},
        AgentRow{"docker_somewhere_inside", "x docker/20.10", false, ClientFamily::unknown}),
    [](const auto& row) { return std::string(row.param.name); });

// --- what it is answered

/// What a client sees of a style: status, and how the reason phrase ends.
struct Seen {
  int status;
  const char* reason_end;
};
constexpr Seen kChoices{300, "report 7f3k2mnq"};
constexpr Seen kEsrch{503, "report 7f3k2mnq (no such process)"};
constexpr Seen kForbidden{403, "report 7f3k2mnq"};
constexpr Seen kMismatch{200, "report 7f3k2mnq"};

struct StyleRow {
  const char* name;
  const char* agent;
  const char* path;  ///< before the repository
  const char* query;
  Seen head, by_tag, by_digest, blob;
};

void PrintTo(const StyleRow& row, std::ostream* out) { *out << row.name; }

class StyleTable : public RegistryFixture, public testing::WithParamInterface<StyleRow> {
 protected:
  static inline const std::string kMessage =
      "BLOCKED by Portcullis: rule miner_xmrig (critical) matched usr/bin/x in layer 3; report 7f3k2mnq";

  void SetUp() override { start(); }
  void say(Status status) {
    gate_.on_manifest = [=](const gate::ManifestRequest&) {
      return manifest_status(status, kMessage, "7f3k2mnq");
    };
    gate_.on_blob = [=](const gate::BlobRequest&) {
      gate::BlobAnswer answer;
      answer.status = status;
      answer.message = kMessage;
      answer.report_id = "7f3k2mnq";
      answer.size = 100'000;
      return answer;
    };
  }
  std::string target(const std::string& tail) const {
    return std::string("/v2/") + GetParam().path + "team/app/" + tail + GetParam().query;
  }
  std::string agent() const { return std::string("User-Agent: ") + GetParam().agent + "\r\n"; }
};

INSTANTIATE_TEST_SUITE_P(
    Clients, StyleTable,
    testing::Values(StyleRow{"containerd", "containerd/1.6.20~ds1", "", "?ns=docker.io", kChoices, kChoices,
                             kMismatch, kMismatch},
                    StyleRow{"docker_with_the_containerd_store", kDocker, "", "?ns=docker.io", kChoices,
                             kChoices, kMismatch, kMismatch},
                    StyleRow{"docker_classic", kDocker, "", "", kChoices, kEsrch, kEsrch, kEsrch},
                    StyleRow{"podman", kPodman, "", "", kMismatch, kMismatch, kMismatch, kForbidden},
                    StyleRow{"curl", "curl/8.0", "", "", kForbidden, kForbidden, kForbidden, kForbidden},
                    StyleRow{"curl_with_ns", "curl/8.0", "", "?ns=docker.io", kForbidden, kForbidden,
                             kForbidden, kForbidden},
                    StyleRow{"nobody_known", "Go-http-client/1.1", "", "", kChoices, kEsrch, kEsrch, kEsrch},
                    StyleRow{"docker_by_prefix", kDocker, "docker.io/", "", kForbidden, kForbidden,
                             kForbidden, kForbidden},
                    StyleRow{"podman_by_prefix", kPodman, "docker.io/", "", kForbidden, kForbidden,
                             kForbidden, kForbidden},
                    StyleRow{"containerd_by_prefix", "containerd/v2.1.4", "docker.io/", "", kForbidden,
                             kForbidden, kForbidden, kForbidden}),
    [](const auto& row) { return std::string(row.param.name); });

void expect_seen(const RawResponse& answer, const Seen& seen) {
  EXPECT_EQ(answer.status, seen.status) << answer.body;
  EXPECT_TRUE(answer.reason.ends_with(seen.reason_end)) << answer.reason;
  EXPECT_TRUE(answer.reason.starts_with("BLOCKED by Portcullis: rule miner_xmrig")) << answer.reason;
  EXPECT_EQ(answer.header("location"), "");
  EXPECT_TRUE(answer.complete);
}

TEST_P(StyleTable, Block) {
  say(Status::blocked);
  const auto& row = GetParam();
  const auto digest = oci::Digest::of("x").text();
  {
    SCOPED_TRACE("HEAD");
    const auto head = head_once(port(), target("manifests/1"), agent());
    expect_seen({head.status, head.reason, head.headers, "", true}, row.head);
  }
  {
    SCOPED_TRACE("GET by tag");
    expect_seen(get_once(port(), target("manifests/1"), agent()), row.by_tag);
  }
  {
    SCOPED_TRACE("GET by digest");
    expect_seen(get_once(port(), target("manifests/" + digest), agent()), row.by_digest);
  }
  {
    SCOPED_TRACE("blob");
    expect_seen(get_once(port(), target("blobs/" + digest), agent()), row.blob);
    const auto head = head_once(port(), target("blobs/" + digest), agent());
    expect_seen({head.status, head.reason, head.headers, "", true}, row.blob);
  }
}

/// Prefix route and tools are told what is the matter; everybody else is held in the same way as by a block.
TEST_P(StyleTable, WhateverElseIsTheMatterHoldsInTheSameWay) {
  const auto& row = GetParam();
  const auto digest = oci::Digest::of("x").text();
  const auto honest = [&](const Seen& seen, Status status) {
    const bool may_pass =
        status == Status::unreachable || status == Status::failed || status == Status::pending;
    const bool denied_style = row.by_tag.status == 403;
    if (denied_style && status == Status::unlisted) return 404;
    return denied_style && may_pass ? 503 : seen.status;
  };
  options_.hops = 0;
  for (const auto status :
       {Status::denied, Status::refused, Status::unreachable, Status::failed, Status::unlisted}) {
    SCOPED_TRACE(static_cast<int>(status));
    say(status);
    EXPECT_EQ(head_once(port(), target("manifests/1"), agent()).status,
              status == Status::unlisted ? 404 : honest(row.head, status));
    EXPECT_EQ(get_once(port(), target("manifests/1"), agent()).status, honest(row.by_tag, status));
    EXPECT_EQ(get_once(port(), target("manifests/" + digest), agent()).status, honest(row.by_digest, status));
    EXPECT_EQ(get_once(port(), target("blobs/" + digest), agent()).status, honest(row.blob, status));
  }
  gate_.on_manifest = [](const gate::ManifestRequest&) -> gate::ManifestAnswer {
    throw std::runtime_error("secret");
  };
  gate_.on_blob = [](const gate::BlobRequest&) -> gate::BlobAnswer { throw std::runtime_error("secret"); };
  const auto manifest = get_once(port(), target("manifests/1"), agent());
  EXPECT_EQ(manifest.status, honest(row.by_tag, Status::failed));
  EXPECT_TRUE(manifest.reason.starts_with("internal error")) << manifest.reason;
  EXPECT_EQ(get_once(port(), target("blobs/" + digest), agent()).status, honest(row.blob, Status::failed));
}

TEST_P(StyleTable, ARealUpstream404Stays404) {
  say(Status::absent);
  const auto digest = oci::Digest::of("x").text();
  for (const auto& tail : {std::string("manifests/1"), "manifests/" + digest, "blobs/" + digest}) {
    EXPECT_EQ(get_once(port(), target(tail), agent()).status, 404) << tail;
    EXPECT_EQ(head_once(port(), target(tail), agent()).status, 404) << tail;
  }
}

TEST_P(StyleTable, ScanInProgressAfterTheHops) {
  say(Status::pending);
  const auto& row = GetParam();
  const std::string more = *row.query == '\0' ? "?portcullis-hop=8" : "&portcullis-hop=8";
  const auto get = get_once(port(), target("manifests/1") + more, agent());
  const auto blob = get_once(port(), target("blobs/" + oci::Digest::of("x").text()) + more, agent());
  const bool denied_style = row.by_tag.status == 403;
  EXPECT_EQ(get.status, denied_style ? 503 : row.by_tag.status);
  EXPECT_EQ(blob.status, denied_style ? 503 : row.blob.status);
  for (const auto& answer : {get, blob}) {
    EXPECT_TRUE(answer.reason.starts_with("scan in progress, retry in a minute")) << answer.reason;
  }
}

TEST_P(StyleTable, RefusalsAreCountedByStyle) {
  say(Status::blocked);
  get_once(port(), target("manifests/1"), agent());
  double sum = 0;
  for (const auto* style : {"denied", "choices", "no_such_process", "unreadable"}) {
    sum += metric("portcullis_refusals_total{status=blocked,style=" + std::string(style) + "}") +
           metric("portcullis_refusals_total{style=" + std::string(style) + ",status=blocked}");
  }
  EXPECT_EQ(sum, 1);
}

// --- the parts of it that are more than a status

class Styles : public RegistryFixture {
 protected:
  void SetUp() override {
    start();
    gate_.on_manifest = [this](const gate::ManifestRequest&) { return manifest_; };
    gate_.on_blob = [this](const gate::BlobRequest&) { return blob_; };
    manifest_ = served_manifest(kManifest);
    manifest_.status = Status::blocked;
    manifest_.message = "BLOCKED by Portcullis: x";
    blob_.status = Status::blocked;
    blob_.message = "BLOCKED by Portcullis: x";
  }
  static std::string by_digest(const std::string& what = "manifests") {
    return "/v2/team/app/" + what + "/" + oci::Digest::of("real").text();
  }

  gate::ManifestAnswer manifest_;
  gate::BlobAnswer blob_;
};

const std::string kSkopeo = "User-Agent: skopeo/1.9.3\r\n";
const std::string kContainerd = "User-Agent: containerd/1.6.20\r\n";

TEST_F(Styles, AManifestThatMayBeShownIs) {
  manifest_.may_be_shown = true;
  for (const auto status : {Status::pending, Status::unreachable, Status::blocked}) {
    manifest_.status = status;
    const auto got = get_once(port(), kTarget + "?portcullis-hop=8", kSkopeo);
    EXPECT_EQ(got.status, 200);
    EXPECT_EQ(got.body, kManifest);
    EXPECT_EQ(got.header("content-type"), oci::kOciManifest);
    EXPECT_EQ(got.header("docker-content-digest"), oci::Digest::of(kManifest).text());
    EXPECT_EQ(got.header("etag"), "") << "it is not to be kept";
  }
  EXPECT_EQ(get_once(port(), kTarget, "User-Agent: docker/20.10.24\r\n").status, 503)
      << "only where it holds";
  EXPECT_EQ(get_once(port(), kByPrefix, kSkopeo).status, 403);
}

TEST_F(Styles, AManifestThatMayNotBeShownIsALineOfText) {
  const auto got = get_once(port(), kTarget, kSkopeo);
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.body, "error: BLOCKED by Portcullis: x\n");
  EXPECT_EQ(got.header("content-type"), "text/plain");
  EXPECT_EQ(got.header("docker-content-digest"), "");
  EXPECT_EQ(head_once(port(), kTarget, kSkopeo).headers, got.headers);
}

TEST_F(Styles, TheGateIsToldWhoIsStoppedAtTheConfig) {
  const auto stop_at = [&](const std::string& target, const std::string& agent) {
    get_once(port(), target, agent);
    return gate_.last_blob()->stop_at;
  };
  EXPECT_EQ(stop_at(by_digest("blobs"), kSkopeo), gate::StopAt::config);
  EXPECT_EQ(stop_at(by_digest("blobs"), kContainerd), gate::StopAt::manifest);
  EXPECT_EQ(stop_at("/v2/docker.io/team/app/blobs/" + oci::Digest::of("x").text(), kSkopeo),
            gate::StopAt::manifest);
}

TEST_F(Styles, WrongBytesOfTheRightLength) {
  manifest_.body = std::make_shared<const std::string>(std::string(3000, 'm'));
  const auto got = get_once(port(), by_digest() + "?ns=docker.io", kContainerd);
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.body.size(), 3000u);
  EXPECT_NE(got.body, *manifest_.body);
  EXPECT_TRUE(got.body.starts_with(R"({"errors":[{"code":"DENIED","message":"BLOCKED by Portcullis: x")"))
      << got.body;
  EXPECT_EQ(got.header("content-type"), oci::kOciManifest);
  const auto head = head_once(port(), by_digest("blobs") + "?ns=docker.io", kContainerd);
  const auto blob = get_once(port(), by_digest("blobs") + "?ns=docker.io", kContainerd);
  EXPECT_EQ(head.headers, blob.headers);
}

TEST_F(Styles, WithoutAKnownLengthTheLengthIsWrongToo) {
  const auto got = get_once(port(), by_digest("blobs") + "?ns=docker.io", kContainerd);
  EXPECT_EQ(got.status, 200);
  EXPECT_TRUE(got.body.ends_with("}]}\n")) << got.body;
}

TEST_F(Styles, RangesOfWrongBytesAreWrongBytes) {
  blob_.size = 200'000;
  const auto target = by_digest("blobs") + "?ns=docker.io";
  const auto whole = get_once(port(), target, kContainerd).body;
  ASSERT_EQ(whole.size(), 200'000u);
  const auto ask = [&](const std::string& range, const std::string& more = "") {
    return get_once(port(), target, kContainerd + "Range: bytes=" + range + "\r\n" + more);
  };
  const auto open = ask("150000-");
  EXPECT_EQ(open.status, 206);
  EXPECT_EQ(open.header("content-range"), "bytes 150000-199999/200000");
  EXPECT_EQ(open.body, whole.substr(150'000));
  EXPECT_EQ(ask("10-19").body, whole.substr(10, 10));
  EXPECT_EQ(ask("-5").body, whole.substr(199'995));
  EXPECT_TRUE(ask("0-9,20-29").header("content-type").starts_with("multipart/byteranges"));
  EXPECT_EQ(ask("200000-").status, 200) << "an error would send the client away";
  EXPECT_EQ(ask("5-9", "If-Range: \"" + oci::Digest::of("real").text() + "\"\r\n").status, 200);
}

TEST_F(Styles, ALongMessageLosesItsEndAndNotTheWordsThatHold) {
  manifest_.message = std::string(5000, 'x');
  const auto got = get_once(port(), kTarget, "User-Agent: docker/20.10.24\r\n");
  EXPECT_EQ(got.status, 503);
  EXPECT_TRUE(got.reason.ends_with(" (no such process)")) << got.reason;
  EXPECT_LT(got.reason.size(), 1000u);
}

TEST_F(Styles, WhatOnlyTheOriginMayUnderstandIsHeldToo) {
  const std::string target = "/v2/team/app/manifests/sha384:" + std::string(96, 'a');
  EXPECT_EQ(get_once(port(), target, "User-Agent: docker/20.10.24\r\n").status, 503);
  EXPECT_EQ(head_once(port(), target + "?ns=docker.io", kContainerd).status, 300);
  EXPECT_EQ(get_once(port(), target + "?ns=docker.io", kContainerd).status, 200);
  EXPECT_EQ(get_once(port(), target, kSkopeo).status, 200);
  EXPECT_EQ(get_once(port(), target, "User-Agent: curl/8\r\n").status, 400);
  EXPECT_EQ(get_once(port(), "/v2/docker.io" + target.substr(3), kSkopeo).status, 400);
  EXPECT_EQ(gate_.asked(), 0);
}

// --- what an index is judged for

struct PlatformRow {
  const char* name;
  const char* agent;
  const char* target;
  const char* expected;  ///< empty: this machine's; "none": judged child by child
};

class WantedPlatforms : public RegistryFixture, public testing::WithParamInterface<PlatformRow> {
 protected:
  void SetUp() override {
    options_.platforms_by_host["quay.io"] = {{"linux", "s390x", ""}};
    options_.platforms = {{"linux", "arm64", ""}, {"linux", "amd64", ""}};
    start();
  }
};

std::string text_of(const std::vector<oci::Platform>& platforms) {
  std::string text;
  for (const auto& platform : platforms) text += (text.empty() ? "" : " ") + platform.text();
  return text.empty() ? "none" : text;
}

TEST_P(WantedPlatforms, AreTheClientsThenTheUpstreamsThenAll) {
  const auto& row = GetParam();
  get_once(port(), row.target, "User-Agent: " + std::string(row.agent) + "\r\n");
  EXPECT_EQ(text_of(gate_.last_manifest()->platforms), row.expected);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, WantedPlatforms,
    testing::Values(
        PlatformRow{"docker_says", "docker/20.10.24 go/go1.19.8 os/linux arch/riscv64", "/v2/a/b/manifests/1",
                    "linux/riscv64"},
        PlatformRow{"containerd_does_not", "containerd/1.6.20", "/v2/a/b/manifests/1?ns=docker.io",
                    "linux/arm64 linux/amd64"},
        PlatformRow{"by_upstream", "containerd/1.6.20", "/v2/a/b/manifests/1?ns=quay.io", "linux/s390x"},
        PlatformRow{"docker_by_upstream", "docker/28 os/linux arch/amd64", "/v2/a/b/manifests/1?ns=quay.io",
                    "linux/amd64"},
        PlatformRow{"half_a_platform", "x os/ arch/", "/v2/a/b/manifests/1", "linux/arm64 linux/amd64"},
        PlatformRow{"prefix", "docker/20.10.24 os/linux arch/arm64", "/v2/quay.io/a/b/manifests/1", "none"}),
    [](const auto& row) { return std::string(row.param.name); });

using WantedPlatformsByDefault = RegistryFixture;

TEST_F(WantedPlatformsByDefault, AreThisMachines) {
  start();
  get_once(port(), kTarget, kContainerd);
  EXPECT_EQ(text_of(gate_.last_manifest()->platforms), oci::Platform::host().text());
}

}  // namespace
}  // namespace portcullis::http::test
