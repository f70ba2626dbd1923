// SPDX-License-Identifier: Apache-2.0
//
// What a scan lists is kept for the search, and never decides anything.
#include "portcullis/records/inventory.hpp"

#include <gtest/gtest.h>

#include "portcullis/records/search.hpp"
#include "world.hpp"

namespace portcullis::gate {
namespace {

using findings::Outcome;
using records::InventoryState;

constexpr const char* kRepo = "library/app";
const std::string kHash(64, 'a');

findings::LayerFiles some_files(bool truncated = false) {
  return {.files = {{"opt/x.sh", kHash, 7, "script"}}, .truncated = truncated};
}

class InventoryTest : public ::testing::Test {
 protected:
  /// Pulls a new image of one layer.
  Status pull(const std::string& layer) {
    image_ = world_.push(kRepo, "1", {layer});
    return world_.pull(kRepo, "1").status;
  }
  /// Scans the same layer again, under other rules.
  Status pull_again(const std::string& profile) {
    world_.scanner.set_profile(profile);
    return world_.pull(kRepo, "1").status;
  }
  InventoryState state(const oci::Digest& blob) { return inventory().state(blob).value(); }
  InventoryState state() { return state(image_->layers.at(0)); }
  std::size_t files() { return inventory().files(image_->layers.at(0), "", 100).value().size(); }
  double counted(const std::string& result) const {
    return world_.metrics.value("portcullis_inventories_total{result=" + result + "}");
  }

  /// Other rules are judged by when somebody asks, not in the background.
  static Options without_rescans() {
    Options options;
    options.concurrent_rescans = 0;
    return options;
  }

  World world_{without_rescans()};
  std::optional<Image> image_;

 private:
  records::Inventory& inventory() { return world_.inventory(); }
};

TEST_F(InventoryTest, IsFoundByHashWithTheImageAndWhoPulledIt) {
  world_.scanner.set_files(some_files());
  ASSERT_EQ(pull("layer"), Status::served);
  EXPECT_EQ(state(), InventoryState::whole);
  EXPECT_EQ(files(), 1u);
  EXPECT_EQ(state(image_->config), InventoryState::unknown) << "there is nothing to list in a config";
  EXPECT_EQ(counted("stored"), 1);
}

TEST_F(InventoryTest, OfALayerWithNothingToListIsKnownAllTheSame) {
  ASSERT_EQ(pull("layer"), Status::served);
  EXPECT_EQ(state(), InventoryState::whole);
}

TEST_F(InventoryTest, OfABlockedLayerIsKept) {
  world_.scanner.set_files(some_files());
  ASSERT_EQ(pull("malware"), Status::blocked);
  EXPECT_EQ(state(), InventoryState::whole);
}

TEST_F(InventoryTest, ThatCannotBeStoredStopsNothingAndIsTriedAgainWithTheNextScan) {
  world_.scanner.set_files(some_files());
  world_.break_inventory(true);
  ASSERT_EQ(pull("layer"), Status::served);
  EXPECT_EQ(counted("failed"), 1);
  EXPECT_EQ(state(), InventoryState::unknown);
  world_.break_inventory(false);
  ASSERT_EQ(pull_again("profile-2"), Status::served);
  EXPECT_EQ(state(), InventoryState::whole);
}

TEST_F(InventoryTest, IsWrittenOnce) {
  world_.scanner.set_files(some_files());
  ASSERT_EQ(pull("layer"), Status::served);
  ASSERT_EQ(pull_again("profile-2"), Status::served);
  EXPECT_EQ(counted("stored"), 1);
  EXPECT_EQ(counted("known"), 1);
}

TEST_F(InventoryTest, OfAScanThatDidNotEndIsReplacedByAWholeOneOnly) {
  world_.scanner.set_outcome(Outcome::unscannable);
  world_.scanner.set_files(some_files(true));
  ASSERT_EQ(pull("layer"), Status::blocked);
  EXPECT_EQ(state(), InventoryState::in_part);
  EXPECT_EQ(files(), 1u);
  ASSERT_EQ(pull_again("profile-2"), Status::blocked);
  EXPECT_EQ(counted("known"), 1);

  auto more = some_files();
  more.files.push_back({"opt/y.sh", kHash, 7, "script"});
  world_.scanner.set_outcome(Outcome::complete);
  world_.scanner.set_files(more);
  ASSERT_EQ(pull_again("profile-3"), Status::served);
  EXPECT_EQ(state(), InventoryState::whole);
  EXPECT_EQ(files(), 2u);

  world_.scanner.set_outcome(Outcome::unscannable);
  world_.scanner.set_files(some_files(true));
  ASSERT_EQ(pull_again("profile-4"), Status::blocked);
  EXPECT_EQ(state(), InventoryState::whole);
}

TEST_F(InventoryTest, OfAWorkerThatDiedIsNotKept) {
  world_.scanner.set_outcome(Outcome::crashed);
  world_.scanner.set_files({.truncated = true});
  ASSERT_EQ(pull("layer"), Status::blocked);
  EXPECT_EQ(state(), InventoryState::unknown);
}

}  // namespace
}  // namespace portcullis::gate
