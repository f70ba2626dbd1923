// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "portcullis/dashboard/dashboard.hpp"

namespace portcullis::dashboard {
namespace {

/// Built with -DPORTCULLIS_DASHBOARD=OFF it has nothing, and that is all that can be said about it.
class Dashboard : public testing::Test {
 protected:
  void SetUp() override {
    if (start_page() == nullptr) GTEST_SKIP() << "built without the dashboard";
  }
};

TEST_F(Dashboard, StartPageNamesFilesThatAreThere) {
  const auto page = start_page()->bytes;
  std::size_t named = 0;
  for (const auto& asset : assets()) {
    if (&asset == start_page()) continue;
    EXPECT_NE(page.find(asset.path), page.npos) << asset.path;
    EXPECT_EQ(asset.lifetime, Lifetime::fixed) << asset.path;
    ++named;
  }
  EXPECT_EQ(named, 4u);
  EXPECT_EQ(start_page()->lifetime, Lifetime::current);
}

/// The content security policy would not let it run.
TEST_F(Dashboard, StartPageHasNothingInline) {
  const std::string page(start_page()->bytes);
  EXPECT_EQ(page.find("<style"), page.npos);
  EXPECT_EQ(page.find("style="), page.npos);
  EXPECT_EQ(page.find("<script>"), page.npos);
  EXPECT_EQ(page.find("//"), page.npos) << "something of another host";
}

TEST_F(Dashboard, ValidatorsDiffer) {
  std::set<std::string_view> seen;
  for (const auto& asset : assets()) {
    EXPECT_TRUE(seen.insert(asset.etag).second) << asset.path;
    EXPECT_TRUE(asset.etag.starts_with('"') && asset.etag.ends_with('"')) << asset.etag;
  }
}

TEST_F(Dashboard, IsSmall) {
  std::size_t first_view = 0;
  for (const auto& asset : assets()) {
    if (asset.path.find("/notices") != asset.path.npos) continue;
    first_view += asset.gzip.empty() ? asset.bytes.size() : asset.gzip.size();
  }
  EXPECT_LT(first_view, 120u * 1024);
}

struct PageRow {
  const char* name;
  const char* path;
  bool is_page;
};

class Pages : public testing::TestWithParam<PageRow> {};

TEST_P(Pages, AreKnown) {
  if (start_page() == nullptr) GTEST_SKIP() << "built without the dashboard";
  EXPECT_EQ(is_page(GetParam().path), GetParam().is_page);
}

const PageRow kPages[] = {
    {"start", "/", true},
    {"list", "/pulls", true},
    {"report", "/reports/7f3k2", true},
    {"report_without_id", "/reports/", false},
    {"report_list", "/reports", false},
    {"below_a_report", "/reports/7f3k2/x", false},
    {"behind_a_slash", "/pulls/", false},
    {"beginning", "/pull", false},
    {"longer", "/pullsx", false},
    {"empty", "", false},
    {"relative", "pulls", false},
    {"two_slashes", "//", false},
    {"registry", "/v2/", false},
};
INSTANTIATE_TEST_SUITE_P(Table, Pages, testing::ValuesIn(kPages),
                         [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace portcullis::dashboard
