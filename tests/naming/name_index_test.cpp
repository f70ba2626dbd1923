// SPDX-License-Identifier: Apache-2.0
#include "portcullis/naming/name_index.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "labelled.hpp"
#include "support/temp_dir.hpp"

namespace portcullis::naming {
namespace {

using findings::LetterEdit;
using findings::NameVerdict;
using findings::Severity;
using testing::HasSubstr;
using Effect = NameVerdict::Effect;
using Kind = LetterEdit::Kind;

const ReferenceData& reference() {
  static const ReferenceData data = labelled::reference_data();
  return data;
}

NameIndex index_with(const Options& options = {}) {
  auto index = NameIndex::build(reference(), options);
  EXPECT_TRUE(index) << index.error().message;
  return *std::move(index);
}

std::vector<NameVerdict> judge(const NameIndex& index, const std::string& text) {
  const auto reference = oci::Reference::parse(text);
  EXPECT_TRUE(reference) << text;
  return reference ? index.judge(*reference) : std::vector<NameVerdict>();
}

struct Row {
  const char* name;
  const char* asked;
  const char* component;
  const char* operation;
  const char* target;
  const char* suggestion;
  Effect effect;
};

class Squats : public testing::TestWithParam<Row> {};

TEST_P(Squats, AreExplained) {
  const auto verdicts = judge(index_with(), GetParam().asked);
  ASSERT_FALSE(verdicts.empty());
  const auto& verdict = verdicts.front();
  EXPECT_EQ(verdict.component, GetParam().component);
  EXPECT_EQ(verdict.operation, GetParam().operation);
  EXPECT_EQ(verdict.target, GetParam().target);
  EXPECT_EQ(verdict.suggestion, GetParam().suggestion);
  EXPECT_EQ(verdict.effect, GetParam().effect);
  EXPECT_GT(verdict.score, 0.5);
  EXPECT_LE(verdict.score, 1);
  if (*GetParam().suggestion != '\0') {
    EXPECT_THAT(verdict.text, HasSubstr(std::string("did you mean ") + GetParam().suggestion + "?"));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Names, Squats,
    testing::Values(
        Row{"swap", "ngnix:1.27", "repository", "adjacent-swap", "nginx", "nginx", Effect::warn},
        Row{"omission", "alpne", "repository", "omission", "alpine", "alpine", Effect::warn},
        Row{"insertion", "nginix", "repository", "insertion", "nginx", "nginx", Effect::warn},
        Row{"doubled", "reddis", "repository", "doubled-letter", "redis", "redis", Effect::warn},
        Row{"keyboard", "goland", "repository", "keyboard-neighbour", "golang", "golang", Effect::warn},
        Row{"rn", "rnysql", "repository", "look-alike", "mysql", "mysql", Effect::warn},
        Row{"digit_one", "a1pine", "repository", "look-alike", "alpine", "alpine", Effect::warn},
        Row{"separator", "elastic-search", "repository", "separator-change", "elasticsearch", "elasticsearch",
            Effect::warn},
        Row{"words", "world-hello", "repository", "word-swap", "hello-world", "hello-world", Effect::warn},
        Row{"plural", "pythons", "repository", "plural", "python", "python", Effect::warn},
        Row{"suffix", "nginx-official", "repository", "affix", "nginx", "nginx", Effect::warn},
        Row{"prefix", "docker-redis", "repository", "affix", "redis", "redis", Effect::warn},
        Row{"version", "python3", "repository", "version-digits", "python", "python", Effect::warn},
        Row{"namespace", "bitnamii/redis", "namespace", "doubled-letter", "bitnami", "bitnami/redis",
            Effect::warn},
        Row{"namespace_elsewhere", "quay.io/bitnamii/redis", "namespace", "doubled-letter", "bitnami",
            "quay.io/bitnami/redis", Effect::warn},
        Row{"library", "libary/nginx", "namespace", "omission", "library", "nginx", Effect::warn},
        Row{"official_of_a_stranger", "jsmith42/nginx", "repository", "official-name-elsewhere", "nginx",
            "nginx", Effect::hint},
        Row{"own_namespace", "bitnami/mongdb", "repository", "omission", "mongodb", "bitnami/mongodb",
            Effect::hint},
        Row{"no_official_image", "grafana", "repository", "library-confusion", "grafana", "grafana/grafana",
            Effect::hint},
        Row{"host", "ghrc.io/owner/app", "registry", "adjacent-swap", "ghcr.io", "ghcr.io/owner/app",
            Effect::block},
        Row{"host_with_port", "ghrc.io:443/owner/app", "registry", "adjacent-swap", "ghcr.io",
            "ghcr.io/owner/app", Effect::block},
        Row{"dropped_tld", "quay.i/owner/app", "registry", "omission", "quay.io", "quay.io/owner/app",
            Effect::block},
        Row{"hub", "docker.oi/library/nginx", "registry", "adjacent-swap", "docker.io", "nginx",
            Effect::block},
        Row{"region", "corp.azuercr.io/app", "registry", "adjacent-swap", "azurecr.io", "azurecr.io/app",
            Effect::block},
        Row{"embedded", "ghcr.io.evil.example/owner/app", "registry", "embedded-host", "ghcr.io",
            "ghcr.io/owner/app", Effect::block},
        Row{"other_tld", "ghcr.com/owner/app", "registry", "other-tld", "ghcr.io", "ghcr.io/owner/app",
            Effect::warn},
        Row{"short_host", "gcr.i/owner/app", "registry", "omission", "gcr.io", "gcr.io/owner/app",
            Effect::warn},
        Row{"punycode", "xn--ghr-5ed.io/owner/app", "registry", "look-alike", "ghcr.io", "ghcr.io/owner/app",
            Effect::block}),
    [](const auto& row) { return row.param.name; });

class Honest : public testing::TestWithParam<const char*> {};

TEST_P(Honest, NamesAreNotSuspected) {
  for (const auto& verdict : judge(index_with(), GetParam())) ADD_FAILURE() << verdict.text;
}

INSTANTIATE_TEST_SUITE_P(Names, Honest,
                         testing::Values("nginx", "bitnami/redis", "bitnami/something-new",
                                         "rancher/mirrored-pause", "index.docker.io/nginx",
                                         "registry-1.docker.io/library/nginx", "ghcr.io/owner/app",
                                         "ghcr.io:443/owner/app", "us.gcr.io/p/app",
                                         "marketplace.gcr.io/google/nginx", "mirror.gcr.io/library/nginx",
                                         "123456789012.dkr.ecr.eu-west-1.amazonaws.com/nginx",
                                         "corp.azurecr.io/ngnix", "europe-west1-docker.pkg.dev/p/r/app",
                                         "registry.corp.example:5000/ngnix", "localhost:5000/ngnix",
                                         "127.0.0.1:5000/ngnix", "jsmith42/webapp", "mycompany/billing-api"));

TEST(NameIndex, ShowsTheDifferenceLetterByLetter) {
  const auto verdicts = judge(index_with(), "ngnix");
  ASSERT_EQ(verdicts.size(), 1U);
  EXPECT_EQ(verdicts[0].letters,
            (std::vector<LetterEdit>{
                {Kind::same, "ng", "ng"}, {Kind::swapped, "ni", "in"}, {Kind::same, "x", "x"}}));
}

TEST(NameIndex, TheListsOfTheOperatorDecide) {
  const auto index = index_with({.allow = {"docker.io/jsmith42/*", "docker.io/azurenql/ours"},
                                 .deny = {"docker.io/jsmith42/denied"},
                                 .trusted_hosts = {"ghrc.io:443"}});
  EXPECT_TRUE(judge(index, "jsmith42/nginx").empty());
  EXPECT_TRUE(judge(index, "azurenql/ours").empty());
  EXPECT_TRUE(judge(index, "ghrc.io/owner/app").empty());
  EXPECT_TRUE(index.judge_host("ghrc.io").empty());
  const auto denied = judge(index, "jsmith42/denied");
  ASSERT_EQ(denied.size(), 1U);
  EXPECT_EQ(denied[0].operation, "denied");
  EXPECT_TRUE(blocks_at_once(denied));
}

TEST(NameIndex, KnownBadNamesBlockAndNameTheReport) {
  const auto verdicts = judge(index_with(), "thanhtudo/thanhtudo");
  ASSERT_EQ(verdicts.size(), 1U);
  EXPECT_EQ(verdicts[0].operation, "known-bad");
  EXPECT_EQ(verdicts[0].severity, Severity::critical);
  EXPECT_TRUE(blocks_at_once(verdicts));
  EXPECT_THAT(verdicts[0].text, HasSubstr("https://"));
}

TEST(NameIndex, ProtectsWhatTheOperatorNames) {
  const auto index = index_with(
      {.protect = {"acmecorp/billing", "ghcr.io/acmecorp/portal", "zenithsoft/*", "registry.acme.example"}});
  EXPECT_TRUE(judge(index, "acmecorp/billing").empty());
  EXPECT_TRUE(judge(index, "registry.acme.example/x").empty());
  EXPECT_EQ(judge(index, "acmecorp/biling").at(0).suggestion, "acmecorp/billing");
  EXPECT_EQ(judge(index, "acmecrop/billing").at(0).target, "acmecorp");
  EXPECT_EQ(judge(index, "ghcr.io/acmecorp/protal").at(0).suggestion, "ghcr.io/acmecorp/portal");
  EXPECT_EQ(judge(index, "zenithsfot/x").at(0).target, "zenithsoft");
  EXPECT_TRUE(blocks_at_once(judge(index, "registry.amce.example/x")));
  const auto refused = NameIndex::build(reference(), {.protect = {"No Name"}});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("names.protect"));
  EXPECT_THAT(refused.error().message, HasSubstr("no name"));
}

TEST(NameIndex, SeesThroughLettersThatNoRegistryAccepts) {
  const auto index = index_with();
  const auto nginx = index.judge_look_alike("ng\xd1\x96nx:1.27");  // Cyrillic i
  ASSERT_EQ(nginx.size(), 1U);
  EXPECT_EQ(nginx[0].suggestion, "nginx");
  EXPECT_THAT(nginx[0].text, HasSubstr("\\xd1\\x96"));
  const auto host = index.judge_look_alike("gh\xd1\x81r.io/owner/app");  // Cyrillic s
  ASSERT_FALSE(host.empty());
  EXPECT_EQ(host[0].suggestion, "ghcr.io");
  EXPECT_TRUE(index.judge_look_alike("nginx").empty());
  EXPECT_TRUE(index.judge_look_alike("\xff\xfe\x80").empty());
}

TEST(NameProperties, ExactNamesAndTheirCaseTagAndDigest) {
  const auto index = index_with();
  const std::string digest = "@sha256:" + std::string(64, 'a');
  for (const auto& row : reference().repositories) {
    EXPECT_TRUE(index.judge("docker.io", row.name).empty()) << row.name;
    EXPECT_TRUE(judge(index, row.name + ":1.0").empty()) << row.name;
  }
  for (const auto* name : {"ngnix", "bitnamii/redis", "jsmith42/nginx"}) {
    const auto plain = judge(index, name).at(0).text;
    EXPECT_EQ(judge(index, std::string(name) + ":7").at(0).text, plain);
    EXPECT_EQ(judge(index, name + digest).at(0).text, plain);
  }
  EXPECT_EQ(index.judge("DOCKER.IO", "Library/NGNIX").at(0).text,
            index.judge("docker.io", "library/ngnix").at(0).text);
  EXPECT_TRUE(index.judge("GHCR.IO", "Owner/App").empty());
}

TEST(NameProperties, AddedProtectionRemovesNoVerdict) {
  const auto before = index_with();
  auto squats = labelled::generated(reference(), 60);
  std::mt19937 random(1);
  for (int round = 0; round < 5; ++round) {
    // Neighbours of the squats are the hard case: other squats, protected.
    Options options;
    std::set<std::string> added;
    for (int i = 0; i < 300; ++i) {
      const auto& name = squats[random() % squats.size()].repository;
      if (name.starts_with("library/") || !added.insert(name).second) continue;
      options.protect.push_back(name);
    }
    const auto after = index_with(options);
    for (const auto& squat : squats) {
      if (added.count(squat.repository) != 0) continue;
      EXPECT_LE(before.judge(squat.host, squat.repository).empty() ? 0 : 1,
                after.judge(squat.host, squat.repository).empty() ? 0 : 1)
          << squat.repository;
    }
  }
}

TEST(ReferenceData, NamesTheLineThatIsWrong) {
  test::TempDir dir;
  dir.write("registries.tsv", "# comment\nghcr.io\teverybody\tghcr.io\tnote\n");
  auto data = load_reference_data(dir.path());
  ASSERT_FALSE(data);
  EXPECT_THAT(data.error().message,
              HasSubstr("registries.tsv:2: the second column must be anybody or owner"));
  dir.write("registries.tsv", "ghcr.io\tanybody\tghcr.io\tnote\n");
  dir.write("repositories.tsv", "library/nginx\t1\n");
  data = load_reference_data(dir.path());
  ASSERT_FALSE(data);
  EXPECT_THAT(data.error().message, HasSubstr("repositories.tsv:1: expected 3 columns"));
}

}  // namespace
}  // namespace portcullis::naming
