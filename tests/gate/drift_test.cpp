// SPDX-License-Identifier: Apache-2.0
//
// What is different behind a tag that moved.
#include "portcullis/gate/drift.hpp"

#include <gmock/gmock.h>

#include "support/wait.hpp"
#include "world.hpp"

namespace portcullis::gate {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using namespace std::chrono_literals;
using Fields = std::map<std::string, std::string>;

ImageFacts app() {
  oci::ImageConfig config;
  config.entrypoint = {"/app", "serve"};
  config.cmd = {"--all"};
  config.user = "1000";
  config.exposed_ports = {"80/tcp"};
  config.env = {"PATH=/bin", "TOKEN=old"};
  config.labels = {{"org.opencontainers.image.source", "https://example.com/app"}, {"other", "1"}};
  return {config, {{oci::Digest::of("base"), 1000}, {oci::Digest::of("app"), 24}}, {{"usr/bin/su"}}, {}};
}

struct Row {
  const char* name;
  void (*change)(ImageFacts&);
  Fields fields;  ///< beside those of the layers
  const char* says;
};

class Difference : public testing::TestWithParam<Row> {};

TEST_P(Difference, HoldsWhatChangedAndNothingElse) {
  auto after = app();
  GetParam().change(after);
  const auto drift = difference(app(), after);
  Fields fields = drift.fields;
  std::erase_if(fields, [](const auto& field) {
    return field.first.starts_with("drift.layers.") || field.first.starts_with("drift.size.");
  });
  EXPECT_EQ(fields, GetParam().fields);
  EXPECT_THAT(drift.summary, HasSubstr(GetParam().says));
}

INSTANTIATE_TEST_SUITE_P(
    Settings, Difference,
    testing::Values(
        Row{"nothing", [](ImageFacts&) {}, {}, "no setting changed; the first 2 of 2 layers stayed, now 2; "},
        Row{"entrypoint",
            [](ImageFacts& i) { i.config->entrypoint = {"/bin/sh"}; },
            {{"drift.entrypoint.from", "/app serve"}, {"drift.entrypoint.to", "/bin/sh"}},
            "entrypoint was '/app serve', is '/bin/sh'"},
        Row{"cmd_gone",
            [](ImageFacts& i) { i.config->cmd.clear(); },
            {{"drift.cmd.from", "--all"}},
            "cmd was '--all', is ''"},
        Row{"user",
            [](ImageFacts& i) { i.config->user = "root"; },
            {{"drift.user.from", "1000"}, {"drift.user.to", "root"}},
            "user was '1000', is 'root'"},
        Row{"ports",
            [](ImageFacts& i) { i.config->exposed_ports = {"4444/tcp"}; },
            {{"drift.ports.added", "4444/tcp"}, {"drift.ports.removed", "80/tcp"}},
            "1 port added: 4444/tcp, 1 port removed"},
        Row{"environment",
            [](ImageFacts& i) {
              i.config->env = {"TOKEN=new", "LD_PRELOAD=/x.so"};
            },
            {{"drift.env.added", "LD_PRELOAD"},
             {"drift.env.removed", "PATH"},
             {"drift.env.changed", "TOKEN"}},
            "1 environment variable changed: TOKEN"},
        Row{"origin",
            [](ImageFacts& i) {
              i.config->labels = {{"other", "2"}};
            },
            {{"drift.labels.changed", "org.opencontainers.image.source: 'https://example.com/app' -> ''"}},
            "1 label of its origin changed"},
        Row{"setuid",
            [](ImageFacts& i) {
              i.setuid = {{"usr/bin/su", "usr/bin/x"}};
            },
            {{"drift.setuid.added", "usr/bin/x"}},
            "1 new setuid file"},
        Row{"setuid_not_known",
            [](ImageFacts& i) {
              i.setuid.reset();
              i.flagged_setuid = {"tmp/x"};
            },
            {{"drift.setuid.added", "tmp/x"}},
            "1 new setuid file"},
        Row{"no_config", [](ImageFacts& i) { i.config.reset(); }, {}, "settings were not compared"},
        Row{"hostile",
            [](ImageFacts& i) { i.config->user = "a\nb"; },
            {{"drift.user.from", "1000"}, {"drift.user.to", "a\nb"}},
            R"(is 'a\x0ab')"}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(DifferenceOfLayers, CountsTheBaseThatStayed) {
  auto after = app();
  after.layers = {{oci::Digest::of("base"), 1000}, {oci::Digest::of("new"), 2000}, {oci::Digest::of("x"), 1}};
  const auto drift = difference(app(), after);
  const Fields expected = {{"drift.layers.kept", "1"},
                           {"drift.layers.from", "2"},
                           {"drift.layers.to", "3"},
                           {"drift.size.from", "1024"},
                           {"drift.size.to", "3001"}};
  EXPECT_EQ(drift.fields, expected);
  after.layers = {{oci::Digest::of("app"), 24}};
  EXPECT_THAT(difference(app(), after).summary, HasSubstr("no base layer stayed, now 1"));
}

TEST(Difference, IsBoundedAndHoldsNoValueOfTheEnvironment) {
  auto after = app();
  for (int i = 0; i < 5000; ++i) after.config->env.push_back("V" + std::to_string(i) + "=secret");
  after.config->entrypoint.assign(1000, std::string(1000, 'x'));
  const auto drift = difference(app(), after);
  for (const auto& [key, value] : drift.fields) {
    EXPECT_LE(value.size(), 512u) << key;
    EXPECT_THAT(value, AllOf(Not(HasSubstr("secret")), Not(HasSubstr("old")))) << key;
  }
  EXPECT_LE(drift.summary.size(), 512u);
}

TEST(TagDrift, FollowsTheMoveWhenTheNewImageWasJudged) {
  World world;
  world.push("library/app", "1", {"base", "one"});
  ASSERT_EQ(world.pull("library/app", "1").status, Status::served);
  const auto old =
      world.find_decision("library/app", world.push("library/app", "1", {"base", "one"}).manifest);
  const auto now = world.push("library/app", "1", {"base", "two"});
  world.clock.advance(world.options.tag_ttl * 2);
  const auto answer = world.pull("library/app", "1");
  ASSERT_EQ(answer.status, Status::served);
  ASSERT_TRUE(test::wait_until([&] { return !world.events("tag-drift").empty(); }));
  const auto event = world.events("tag-drift").front();
  EXPECT_EQ(event.reference, "1");
  EXPECT_EQ(event.manifest, now.manifest.text());
  EXPECT_EQ(event.decision_id, answer.report_id);
  EXPECT_EQ(event.extra.at("tag.from"), old->manifest.text());
  EXPECT_EQ(event.extra.at("drift.layers.kept"), "1");
  EXPECT_THAT(event.message, HasSubstr("the first 1 of 2 layers stayed"));
  EXPECT_FALSE(event.extra.contains("drift.last_move"));

  world.push("library/app", "1", {"other"});
  world.clock.advance(world.options.tag_ttl * 200);
  ASSERT_EQ(world.pull("library/app", "1").status, Status::served);
  ASSERT_TRUE(test::wait_until([&] { return world.events("tag-drift").size() == 2; }));
  const auto again = world.events("tag-drift").back();
  EXPECT_TRUE(again.extra.contains("drift.last_move"));
  EXPECT_THAT(again.message, HasSubstr("it moved 3 hours before, too"));
}

}  // namespace
}  // namespace portcullis::gate
