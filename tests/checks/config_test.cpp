// SPDX-License-Identifier: Apache-2.0
#include "portcullis/checks/config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace portcullis::checks {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(RenderedConfig, IsAScriptOfEverythingThatRuns) {
  const auto report = check_config(R"({
    "os": "linux",
    "config": {"User": "root", "Env": ["PATH=/bin", "A=b c"], "Entrypoint": ["/bin/sh", "-c"],
               "Cmd": ["curl http://x/ \u0026\u0026 \"run\""], "Labels": {"a": "not rendered"}},
    "history": [{"created_by": "RUN /bin/sh -c curl x | sh"}, {"comment": "nothing"}, {"created_by": "COPY a b"}]
  })");
  ASSERT_TRUE(report);
  EXPECT_EQ(report->rendered,
            "#!/bin/sh\n"
            "ENV PATH=/bin\n"
            "ENV A=b c\n"
            "ENTRYPOINT /bin/sh -c\n"
            "CMD curl http://x/ && \"run\"\n"
            "HISTORY RUN /bin/sh -c curl x | sh\n"
            "HISTORY COPY a b\n");
  EXPECT_TRUE(report->findings.empty());
}

TEST(RenderedConfig, IsEmptyWhenThereIsNothingToRender) {
  const auto report = check_config(R"({"os": "linux", "config": {"User": "root"}})");
  ASSERT_TRUE(report);
  EXPECT_EQ(report->rendered, "");
}

TEST(RenderedConfig, NeedsAConfig) {
  for (const char* json : {"", "[]", "{", R"({"config": {"Env": [], "env": ["A=b"]}})"}) {
    EXPECT_FALSE(check_config(json)) << json;
  }
}

struct Row {
  const char* name;
  const char* variable;  ///< as in JSON
  const char* expected;  ///< id; empty: none
};

class EnvironmentTest : public testing::TestWithParam<Row> {};

TEST_P(EnvironmentTest, IsJudged) {
  const auto report =
      check_config(std::string(R"({"config": {"Env": ["PATH=/bin", ")") + GetParam().variable + R"("]}})");
  ASSERT_TRUE(report);
  if (*GetParam().expected == '\0') {
    EXPECT_TRUE(report->findings.empty());
    return;
  }
  ASSERT_EQ(report->findings.size(), 1u);
  EXPECT_EQ(report->findings.front().rule, GetParam().expected);
  EXPECT_EQ(report->findings.front().source, findings::Source::config_check);
  EXPECT_EQ(report->findings.front().path, kConfigPath);
}

const Row kRows[] = {
    {"cloud_key", "AWS_SECRET_ACCESS_KEY=0123456789abcdef0123456789abcdef", "config_secret"},
    {"pem", "KEY=-----BEGIN RSA PRIVATE KEY-----\\nabc", "config_secret"},
    {"placeholder", "AWS_SECRET_ACCESS_KEY=changeme", ""},
    {"reference", "GITHUB_TOKEN=${SECRET_FROM_SOMEWHERE}", ""},
    {"empty", "NPM_TOKEN=", ""},
    {"no_value", "NPM_TOKEN", ""},
    {"public_key", "GPG_KEY=A035C8C19219BA821ECEA86B64E628F8D684696D", ""},
    {"longer_name", "NOT_AWS_SECRET_ACCESS_KEY=0123456789abcdef0123456789abcdef", ""},
    {"preload_temporary", "LD_PRELOAD=/usr/lib/a.so:/tmp/x.so", "config_preload_hidden"},
    {"preload_after_hash", "LD_PRELOAD=#:/tmp/x.so", "config_preload_hidden"},
    {"preload_allocator", "LD_PRELOAD=/usr/lib/libjemalloc.so.2", ""},
};
INSTANTIATE_TEST_SUITE_P(Table, EnvironmentTest, testing::ValuesIn(kRows),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(ConfigSecret, StaysOutOfTheFinding) {
  const auto report = check_config(
      R"({"config": {"Env": ["GH_TOKEN=ghp_0123456789abcdef", "NPM_TOKEN=npm_0123456789abcdef"]}})");
  ASSERT_TRUE(report);
  ASSERT_EQ(report->findings.size(), 1u);
  EXPECT_THAT(report->findings.front().description, HasSubstr("GH_TOKEN, NPM_TOKEN"));
  EXPECT_THAT(report->findings.front().description, Not(HasSubstr("0123456789")));
  EXPECT_EQ(report->findings.front().severity, findings::Severity::low);
}

}  // namespace
}  // namespace portcullis::checks
