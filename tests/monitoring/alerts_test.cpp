// SPDX-License-Identifier: Apache-2.0
//
// docker/prometheus/portcullis-alerts.yml, as promtool and an operator see it.
#include <gtest/gtest.h>

#include <algorithm>
#include <regex>
#include <vector>

#include "metric_names.hpp"
#include "support/paths.hpp"
#include "support/process.hpp"
#include "support/require.hpp"
#include "support/temp_dir.hpp"

namespace portcullis::test {
namespace {

std::string alert_file() { return source_path("docker/prometheus/portcullis-alerts.yml"); }
std::string unit_tests() { return source_path("tests/monitoring/portcullis-alerts.test.yml"); }

/// The text of each alert, from its name to the next.
std::vector<std::string> alerts() {
  const auto text = slurp(alert_file());
  std::vector<std::string> parts;
  for (auto at = text.find("- alert: "); at != std::string::npos;) {
    const auto next = text.find("- alert: ", at + 1);
    parts.push_back(text.substr(at, next - at));
    at = next;
  }
  return parts;
}

std::string name_of(const std::string& alert) {
  const auto from = alert.find(": ") + 2;
  return alert.substr(from, alert.find('\n') - from);
}

TEST(Alerts, PromtoolAcceptsThem) {
  PORTCULLIS_REQUIRE_TOOL("promtool");
  const auto checked = run({"promtool", "check", "rules", "--lint-fatal", alert_file()});
  EXPECT_EQ(checked.exit_code, 0) << checked.out << checked.err;
}

TEST(Alerts, FireOnWhatTheyAreForAndOnNothingElse) {
  PORTCULLIS_REQUIRE_TOOL("promtool");
  const TempDir dir;
  dir.write("portcullis-alerts.yml", slurp(alert_file()));
  const auto tests = dir.write("test.yml", slurp(unit_tests()));
  const auto result = run({"promtool", "test", "rules", tests.string()});
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
}

TEST(Alerts, EachIsShownToFire) {
  const auto tests = slurp(unit_tests());
  ASSERT_GT(alerts().size(), 25U);
  for (const auto& alert : alerts()) {
    const auto name = name_of(alert);
    EXPECT_NE(tests.find("alertname=\"" + name + '"'), std::string::npos) << name;
  }
}

TEST(Alerts, EachSaysWhatItMeansAndWhatToDo) {
  static const std::regex severity(R"(severity: (critical|warning|info)\b)");
  for (const auto& alert : alerts()) {
    SCOPED_TRACE(name_of(alert));
    EXPECT_TRUE(std::regex_search(alert, severity));
    for (const std::string field : {"summary", "description", "runbook"}) {
      EXPECT_TRUE(std::regex_search(alert, std::regex("\n {10}" + field + ": [^\n]{10,}"))) << field;
    }
  }
}

TEST(Alerts, UseMetricsThatExist) {
  const auto kinds = counted_metrics().kinds;
  const auto names = metrics_named_in(slurp(alert_file()));
  EXPECT_GT(names.size(), 20U);
  for (const auto& name : names) EXPECT_TRUE(kinds.contains(metric_of(name, kinds))) << name;
}

}  // namespace
}  // namespace portcullis::test
