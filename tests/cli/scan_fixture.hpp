// SPDX-License-Identifier: Apache-2.0
//
// `portcullis scan` on a cache of its own, and the two images that most of its tests look at.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "program.hpp"
#include "support/image_builder.hpp"
#include "support/samples.hpp"

namespace portcullis::cli {

inline const test::FileSpec kClean{"etc/motd", "hello\n"};

class ScanFixture : public testing::Test {
 protected:
  test::Command command(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"scan", "--data", (dir_ / "cache").string()});
    auto made = portcullis(std::move(arguments));
    made.env["HOME"] = dir_.path().string();
    return made;
  }
  test::RunResult scan(std::vector<std::string> arguments) const {
    return test::run(command(std::move(arguments)));
  }
  nlohmann::json scan_json(std::vector<std::string> arguments, int exit_code) const {
    arguments.insert(arguments.begin(), {"--format", "json"});
    const auto result = scan(std::move(arguments));
    EXPECT_EQ(result.exit_code, exit_code) << result.out << result.err;
    return nlohmann::json::parse(result.out, nullptr, false);
  }

  static test::FileSpec bad() { return {"usr/bin/dropper", test::eicar()}; }
  static test::Image image(bool infected) {
    test::ImageBuilder builder;
    builder.layer({kClean});
    if (infected) builder.layer({bad()});
    return builder.build();
  }
  std::string layout(const std::string& name, const test::Image& image) const {
    test::write_oci_layout(dir_ / name, "v1", image);
    return (dir_ / name).string();
  }
  /// By skopeo, from one of its transports into another.
  void copy(const std::string& from, const std::string& to) const {
    test::run_ok({.argv = {"skopeo", "copy", "--insecure-policy", "-q", from, to}});
  }
  void expect_verdicts(const std::string& clean, const std::string& infected) const {
    EXPECT_EQ(scan_json({clean}, 0).at("verdict"), "allow");
    const nlohmann::json report = scan_json({infected}, 1);
    EXPECT_EQ(report.at("verdict"), "block");
    EXPECT_THAT(report.dump(),
                testing::AllOf(testing::HasSubstr("usr/bin/dropper"), testing::HasSubstr("eicar_test_file")));
  }
  void expect_not_judged(const std::string& source, const std::string& message) const {
    const nlohmann::json report = scan_json({source}, 2);
    EXPECT_EQ(report.value("verdict", ""), "error") << report.dump();
    EXPECT_THAT(report.value("message", ""), testing::HasSubstr(message));
  }

  test::TempDir dir_;
};

}  // namespace portcullis::cli
