// SPDX-License-Identifier: Apache-2.0
//
// docker/grafana/portcullis.json. Grafana itself is no package of Debian, so what it would ask Prometheus
// is checked instead: each expression parses and asks for what there is.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <vector>

#include "metric_names.hpp"
#include "support/paths.hpp"
#include "support/process.hpp"
#include "support/require.hpp"
#include "support/temp_dir.hpp"

namespace portcullis::test {
namespace {

using nlohmann::json;

const json& dashboard() {
  static const auto parsed = json::parse(slurp(source_path("docker/grafana/portcullis.json")));
  return parsed;
}

void collect(const json& value, std::vector<std::string>& expressions) {
  if (value.is_object() && value.contains("expr")) expressions.push_back(value["expr"].get<std::string>());
  if (!value.is_structured()) return;
  for (const auto& inner : value) collect(inner, expressions);
}

/// With what Grafana puts in for its variables.
std::vector<std::string> expressions() {
  std::vector<std::string> found;
  collect(dashboard(), found);
  for (auto& text : found) {
    text = std::regex_replace(text, std::regex(R"(\$__rate_interval)"), "5m");
    text = std::regex_replace(text, std::regex(R"(\$instance)"), ".*");
  }
  return found;
}

TEST(Dashboard, HasTheRowsAndAVariableForItsDataSource) {
  std::set<std::string> rows;
  for (const auto& panel : dashboard()["panels"]) {
    if (panel["type"] == "row") rows.insert(panel["title"].get<std::string>());
  }
  const std::set<std::string> expected = {"Overview",  "Pulls",
                                          "Blocks",    "Scans",
                                          "Latency",   "Cache",
                                          "Upstreams", "Rules and waivers",
                                          "Resources", "Rescans and notifications"};
  EXPECT_EQ(rows, expected);
  EXPECT_EQ(dashboard()["templating"]["list"][0]["type"], "datasource");
  EXPECT_GE(dashboard()["schemaVersion"], 36) << "Grafana 9";
}

TEST(Dashboard, PanelsHaveADataSourceAndDoNotOverlap) {
  std::set<int> ids;
  std::set<std::pair<int, int>> taken;
  for (const auto& panel : dashboard()["panels"]) {
    SCOPED_TRACE(panel["title"].get<std::string>());
    EXPECT_TRUE(ids.insert(panel["id"].get<int>()).second) << "the number is used twice";
    const auto& at = panel["gridPos"];
    EXPECT_LE(at["x"].get<int>() + at["w"].get<int>(), 24);
    for (int x = at["x"]; x < at["x"].get<int>() + at["w"].get<int>(); ++x) {
      for (int y = at["y"]; y < at["y"].get<int>() + at["h"].get<int>(); ++y) {
        EXPECT_TRUE(taken.emplace(x, y).second) << "something else is at " << x << ',' << y;
      }
    }
    if (panel["type"] == "row") continue;
    EXPECT_EQ(panel["datasource"]["uid"], "${datasource}");
    EXPECT_FALSE(panel["targets"].empty());
    for (const auto& target : panel["targets"]) EXPECT_EQ(target["datasource"]["uid"], "${datasource}");
  }
}

TEST(Dashboard, UsesMetricsThatExistAndLeavesFewOut) {
  const auto kinds = counted_metrics().kinds;
  std::set<std::string> used;
  for (const auto& expression : expressions()) {
    for (const auto& name : metrics_named_in(expression)) {
      const auto metric = metric_of(name, kinds);
      ASSERT_TRUE(kinds.contains(metric)) << name << " in " << expression;
      used.insert(metric);
      // A rate of a gauge is noise, and the bare number of a counter says nothing.
      const bool counter = kinds.at(metric) == MetricKind::counter;
      const bool rated = expression.find("rate(" + name) != std::string::npos ||
                         expression.find("increase(" + name) != std::string::npos;
      if (kinds.at(metric) == MetricKind::histogram) continue;
      EXPECT_EQ(counter, rated) << name << " in " << expression;
    }
  }
  EXPECT_GT(used.size() * 10, kinds.size() * 8);
}

TEST(Dashboard, PromtoolParsesEveryExpression) {
  PORTCULLIS_REQUIRE_TOOL("promtool");
  const TempDir dir;
  json rules = json::array();
  for (const auto& expression : expressions()) {
    rules.push_back({{"record", "panel:" + std::to_string(rules.size())}, {"expr", expression}});
  }
  ASSERT_GT(rules.size(), 60U);
  // JSON is YAML.
  const json file = {{"groups", {{{"name", "dashboard"}, {"rules", rules}}}}};
  const auto path = dir.write("rules.yml", file.dump(1));
  const auto checked = run({"promtool", "check", "rules", path.string()});
  EXPECT_EQ(checked.exit_code, 0) << checked.out << checked.err;
}

}  // namespace
}  // namespace portcullis::test
