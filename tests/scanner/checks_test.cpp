// SPDX-License-Identifier: Apache-2.0
//
// The checks that need no rules, through the real portcullis-scanner.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "portcullis/scan/service.hpp"
#include "sources.hpp"
#include "support/paths.hpp"
#include "support/tar_builder.hpp"
#include "support/temp_dir.hpp"

namespace portcullis {
namespace {

using findings::Finding;
using findings::Outcome;
using testing::AllOf;
using testing::Field;
using testing::UnorderedElementsAre;

constexpr std::string_view kConfigType = "application/vnd.oci.image.config.v1+json";

class ChecksTest : public testing::Test {
 protected:
  findings::ScanResult scan(scan::JobKind kind, std::string_view media_type, const std::string& bytes) {
    rules_.write("script.yar",
                 "rule script { strings: $a = \"fetch && run\" condition: uint16(0) == 0x2123 and $a }");
    scan::Options options;
    options.scanner = test::program_path("portcullis-scanner");
    options.rules = {rules_.path()};
    options.spool = spool_.path();
    auto service = scan::start(options, metrics_);
    if (!service) throw std::runtime_error(service.error().message);
    test::TextSource source(bytes);
    return (*service)->scan(
        {.kind = kind, .media_type = std::string(media_type), .label = "test", .size_hint = 0}, source);
  }

  test::TempDir rules_;
  test::TempDir spool_;
  util::MemoryMetrics metrics_;
};

auto is(const char* rule, const char* path) {
  return AllOf(Field(&Finding::rule, rule), Field(&Finding::path, path));
}

TEST_F(ChecksTest, LayerIsCheckedAsItGoesBy) {
  test::TarBuilder layer;
  layer.entry({.name = "usr/bin/bash", .mode = 04755})
      .entry({.name = "home/x/bash", .mode = 04755, .uid = 1000})
      .entry({.name = "dev/sda", .type = '4'})
      .hardlink("b", "../../etc/shadow")
      .file("etc/passwd", "root:x:0:0\nsysadm:x:0:0\n");
  const auto result = scan(scan::JobKind::layer, "", layer.closed());
  ASSERT_EQ(result.outcome, Outcome::complete) << result.reason;
  EXPECT_THAT(
      result.findings,
      UnorderedElementsAre(is("layer_setuid_interpreter", "usr/bin/bash"), is("layer_device_node", "dev/sda"),
                           is("layer_hardlink_escapes", "b"), is("layer_extra_uid_0", "etc/passwd")));
}

TEST_F(ChecksTest, ConfigIsScannedAsTextToo) {
  const std::string config =
      R"({"config": {"Env": ["LD_PRELOAD=/tmp/x.so"], "Cmd": ["fetch \u0026\u0026 run"]}})";
  const auto result = scan(scan::JobKind::opaque, kConfigType, config);
  ASSERT_EQ(result.outcome, Outcome::complete) << result.reason;
  EXPECT_THAT(result.findings,
              UnorderedElementsAre(is("script", "config!/rendered"), is("config_preload_hidden", "config")));
  EXPECT_EQ(result.counts.files, 2u);
}

TEST_F(ChecksTest, WhatDockerdTakesForAConfigIsOne) {
  for (const char* type : {"", "application/octet-stream", "application/json", "text/html"}) {
    SCOPED_TRACE(type);
    const auto result =
        scan(scan::JobKind::opaque, type, R"({"config": {"Cmd": ["fetch \u0026\u0026 run"]}})");
    ASSERT_EQ(result.outcome, Outcome::complete) << result.reason;
    EXPECT_THAT(result.findings, UnorderedElementsAre(is("script", "config!/rendered")));
  }
}

TEST_F(ChecksTest, OtherDocumentsAreNoConfigs) {
  const auto result = scan(scan::JobKind::opaque, "application/vnd.in-toto+json",
                           R"({"config": {"Cmd": ["fetch \u0026\u0026 run"]}})");
  ASSERT_EQ(result.outcome, Outcome::complete) << result.reason;
  EXPECT_TRUE(result.findings.empty());
}

}  // namespace
}  // namespace portcullis
