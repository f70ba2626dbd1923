// SPDX-License-Identifier: Apache-2.0
#include "catalogue.hpp"

#include <gtest/gtest.h>

#include <set>

namespace portcullis::checks {
namespace {

// make_finding() takes the row by its place, so the table has to keep the order of the enum. The layer
// and config tests hold each id to what it finds; this holds the table to itself.
TEST(Catalogue, EveryCheckHasItsOwnId) {
  std::set<std::string> ids;
  for (std::size_t i = 0; i < kCheckCount; ++i) {
    const auto finding = make_finding(static_cast<Check>(i), "p", "what");
    EXPECT_TRUE(ids.insert(finding.rule).second) << finding.rule;
    EXPECT_FALSE(finding.techniques.empty()) << finding.rule;
    const bool config = finding.source == findings::Source::config_check;
    EXPECT_TRUE(finding.rule.starts_with(config ? "config_" : "layer_")) << finding.rule;
    EXPECT_TRUE(finding.description.ends_with(": what")) << finding.rule;
  }
}

}  // namespace
}  // namespace portcullis::checks
