// SPDX-License-Identifier: Apache-2.0
#include "portcullis/gate/rule_settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace portcullis::gate {
namespace {

using findings::Severity;
using testing::HasSubstr;

const util::TimePoint kNow = *util::parse_rfc3339("2026-11-26T12:00:00Z");
const RuleGrounds kGrounds{.reason = "hits our docs\x1b[2J", .author = "olga", .address = "192.0.2.7"};

findings::RuleInfo rule() {
  findings::RuleInfo info;
  info.file = "pack/a:b.yar";
  info.identifier = "miner";
  info.own_severity = Severity::critical;
  info.severity = Severity::low;
  return info;
}

TEST(RuleSettings, SayWhoWhatAndWhy) {
  const auto off = set_rule(rule(), std::nullopt, kGrounds, {}, kNow);
  ASSERT_TRUE(off);
  ASSERT_TRUE(off->setting);
  EXPECT_EQ(*off->setting,
            (records::RuleSetting{"pack/a:b.yar", "miner", {}, kGrounds.reason, "olga", kNow}));
  const auto& event = off->event;
  EXPECT_EQ(event.action, "rule-disabled");
  EXPECT_EQ(event.severity, Severity::critical) << "what is no longer found";
  EXPECT_EQ(event.rules.at(0).rule, "miner");
  EXPECT_EQ(event.client_address, "192.0.2.7");
  EXPECT_EQ(event.extra.at("rule.file"), "pack/a:b.yar");
  EXPECT_EQ(event.extra.at("author"), "olga");
  EXPECT_THAT(event.message, HasSubstr("olga disabled rule pack/a:b.yar:miner (severity critical): hits"));

  const auto low = set_rule(rule(), Severity::low, kGrounds, {}, kNow);
  ASSERT_TRUE(low);
  EXPECT_EQ(low->setting->severity, Severity::low);
  EXPECT_EQ(low->event.action, "rule-overridden");
  EXPECT_EQ(low->event.extra.at("rule.severity"), "low");
  EXPECT_THAT(low->event.message, HasSubstr("the severity low instead of critical"));

  const auto back = restore_rule(*low->setting, {.reason = "fixed", .author = "otto"}, {}, kNow);
  ASSERT_TRUE(back);
  EXPECT_FALSE(back->setting);
  EXPECT_EQ(back->rule, "miner");
  EXPECT_EQ(back->event.action, "rule-restored");
  EXPECT_THAT(back->event.message, HasSubstr("otto restored rule pack/a:b.yar:miner, which olga had"));
}

TEST(RuleSettings, ThatMayNotExistAreRefused) {
  auto helper = rule();
  helper.helper = true;
  EXPECT_TRUE(set_rule(helper, std::nullopt, kGrounds, {}, kNow));
  struct Row {
    const char* name;
    findings::RuleInfo rule;
    RuleGrounds grounds;
    const char* expected;
  };
  const Row rows[] = {
      {"severity of a private rule", helper, kGrounds, "is private"},
      {"no reason", rule(), {.reason = " \n", .author = "olga"}, "reason is missing"},
      {"no author", rule(), {.reason = "why"}, "author is missing"},
      {"a long reason", rule(), {.reason = std::string(1001, 'x'), .author = "o"}, "longer than 1000 bytes"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    const auto change = set_rule(row.rule, Severity::low, row.grounds, {}, kNow);
    ASSERT_FALSE(change);
    EXPECT_THAT(change.error().message, HasSubstr(row.expected));
  }
  EXPECT_FALSE(restore_rule({}, {}, {}, kNow));
}

TEST(RuleSettings, StandOnTopOfTheConfiguration) {
  const auto off = *set_rule(rule(), std::nullopt, kGrounds, {}, kNow);
  auto all = changed({}, off);
  ASSERT_TRUE(all);
  all = changed(*all, *set_rule(rule(), Severity::low, kGrounds, {}, kNow));
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), 1u) << "one a rule";
  EXPECT_NE(find_setting(*all, "pack/a:b.yar", "miner"), nullptr);
  EXPECT_EQ(find_setting(*all, "a.yar", "miner"), nullptr);
  const auto merged = adjustments({.disable = {"x"}, .severity = {{"y", Severity::high}}}, *all);
  EXPECT_EQ(merged.disable, std::vector<std::string>{"x"});
  EXPECT_EQ(merged.severity.size(), 1u);
  ASSERT_EQ(merged.rules.size(), 1u);
  EXPECT_EQ(merged.rules.at("pack/a:b.yar:miner"), Severity::low);
  all = changed(*all, *restore_rule(all->front(), kGrounds, {}, kNow));
  ASSERT_TRUE(all);
  EXPECT_TRUE(all->empty());
}

TEST(RuleSettings, AreBounded) {
  std::vector<records::RuleSetting> many(records::kMaxRuleSettings);
  for (std::size_t i = 0; i < many.size(); ++i) many[i].rule = std::to_string(i);
  const auto one_more = changed(many, *set_rule(rule(), std::nullopt, kGrounds, {}, kNow));
  ASSERT_FALSE(one_more);
  EXPECT_THAT(one_more.error().message, HasSubstr("patterns"));
}

}  // namespace
}  // namespace portcullis::gate
