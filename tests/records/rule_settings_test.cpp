// SPDX-License-Identifier: Apache-2.0
#include "portcullis/records/rule_settings.hpp"
#include "contract.hpp"

namespace portcullis::records {
namespace {

using namespace samples;
using findings::Severity;

class RuleSettingContract : public Contract {
 protected:
  static RuleSetting setting(const std::string& file, const std::string& rule,
                             std::optional<Severity> severity = {}) {
    return {file, rule, severity, "why " + hostile(), "me " + hostile(), at(5)};
  }
  void put(const RuleSetting& wanted) {
    done(records_->rule_settings().change({wanted.file, wanted.rule, wanted, event("rule-disabled")}));
  }
  std::vector<RuleSetting> all() { return value(records_->rule_settings().list()); }
  std::size_t events(const std::string& action) {
    return value(records_->events({.actions = {action}})).size();
  }
};

INSTANTIATE_TEST_SUITE_P(Backends, RuleSettingContract, testing::ValuesIn(all_backends()),
                         [](const auto& row) { return std::string(row.param.name); });

TEST_P(RuleSettingContract, ComeBackWholeByFileAndRuleWithTheirEvents) {
  EXPECT_TRUE(all().empty());
  const std::vector<RuleSetting> wanted = {setting("a/" + hostile(), "two", Severity::low),
                                           setting("b.yar", "one"),
                                           setting("b.yar", "two", Severity::critical)};
  put(wanted[2]);
  put(wanted[0]);
  put(wanted[1]);
  EXPECT_EQ(all(), wanted);
  EXPECT_EQ(events("rule-disabled"), 3u);
  reopen(OpenMode::existing_read_only);
  EXPECT_EQ(all(), wanted);
  EXPECT_FALSE(records_->rule_settings().change({"b.yar", "one", {}, event("rule-restored")}));
}

TEST_P(RuleSettingContract, ALaterOneReplacesAndNoneRemoves) {
  put(setting("a.yar", "r", Severity::low));
  put(setting("a.yar", "other"));
  put(setting("a.yar", "r"));
  ASSERT_EQ(all().size(), 2u);
  EXPECT_EQ(all()[1], setting("a.yar", "r"));
  done(records_->rule_settings().change({"a.yar", "r", {}, event("rule-restored")}));
  EXPECT_EQ(all(), std::vector{setting("a.yar", "other")});
  EXPECT_EQ(events("rule-restored"), 1u);
}

TEST_P(RuleSettingContract, ADamagedSeverityIsAFailureAndNotADisabledRule) {
  put(setting("a.yar", "r", Severity::low));
  backend_->run_sql("UPDATE rule_settings SET severity = 'lo'");
  EXPECT_FALSE(records_->rule_settings().list());
}

}  // namespace
}  // namespace portcullis::records
