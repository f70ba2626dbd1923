// SPDX-License-Identifier: Apache-2.0
#include "known_clean_store.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include "known_clean_keys.hpp"
#include "support/temp_dir.hpp"
#include "support/wait.hpp"

namespace portcullis::scan {
namespace {

using test::key_of;
using test::keys_of;

class Store : public ::testing::Test {
 protected:
  void SetUp() override {
    options_.directory = dir_.path();
    options_.interval = std::chrono::milliseconds(0);
    open();
  }
  void open(const std::string& profile = "profile") {
    store_.reset();
    store_ = KnownCleanStore::open(options_, metrics_);
    ASSERT_TRUE(store_);
    store_->adopt(profile);
  }
  std::optional<KnownCleanTable> newest(const std::string& profile = "profile") const {
    const auto file = store_->newest(profile);
    return file ? KnownCleanTable::map(file.get(), profile) : std::nullopt;
  }
  std::size_t entries() const {
    const auto table = newest();
    return table ? table->keys().size() : 0;
  }
  bool becomes(std::size_t count) const {
    return test::wait_until([&] { return entries() == count; });
  }
  bool on_disk() const { return std::filesystem::exists(dir_ / "known-clean"); }

  test::TempDir dir_;
  util::MemoryMetrics metrics_;
  KnownCleanOptions options_;
  std::unique_ptr<KnownCleanStore> store_;
};

TEST_F(Store, ContributionsBecomeAGeneration) {
  EXPECT_FALSE(newest());
  store_->contribute("profile", "a", keys_of(0, 10));
  ASSERT_TRUE(becomes(10));
  store_->contribute("profile", "b", keys_of(5, 15));
  ASSERT_TRUE(becomes(15));
  EXPECT_EQ(metrics_.value("portcullis_known_clean_entries"), 15);
}

TEST_F(Store, GivesOutDescriptorsThatCannotBeWrittenTo) {
  store_->contribute("profile", "a", keys_of(0, 1));
  ASSERT_TRUE(becomes(1));
  const auto file = store_->newest("profile");
  EXPECT_LT(write(file.get(), "x", 1), 0);
  EXPECT_LT(ftruncate(file.get(), 0), 0);
}

TEST_F(Store, OldGenerationsStayWholeForWhoHasThem) {
  store_->contribute("profile", "a", keys_of(0, 10));
  ASSERT_TRUE(becomes(10));
  const auto old = newest();
  store_->contribute("profile", "b", keys_of(10, 20));
  ASSERT_TRUE(becomes(20));
  store_->revoke("a");
  ASSERT_TRUE(becomes(10));
  EXPECT_EQ(old->keys().size(), 10u);
  EXPECT_TRUE(old->contains(key_of(3)));
}

TEST_F(Store, SurvivesARestartWithWhatWasStillWaiting) {
  options_.interval = std::chrono::hours(1);
  open();
  store_->contribute("profile", "a", keys_of(0, 10));
  ASSERT_TRUE(becomes(10)) << "the first one need not wait";
  store_->contribute("profile", "b", keys_of(10, 20));
  EXPECT_EQ(entries(), 10u);
  open();
  EXPECT_EQ(entries(), 20u);
  EXPECT_EQ(metrics_.value("portcullis_known_clean_entries"), 20);
}

TEST_F(Store, AnotherProfileDropsEverything) {
  store_->contribute("profile", "a", keys_of(0, 10));
  ASSERT_TRUE(becomes(10));
  store_->adopt("other");
  EXPECT_FALSE(store_->newest("profile"));
  EXPECT_FALSE(store_->newest("other"));
  EXPECT_FALSE(on_disk());
  store_->contribute("profile", "a", keys_of(0, 10));  // of a worker that began under the old one
  store_->adopt("profile");
  EXPECT_FALSE(newest());
  EXPECT_EQ(metrics_.value("portcullis_known_clean_entries"), 0);
}

TEST_F(Store, AnotherProfileAfterARestartDropsEverything) {
  store_->contribute("profile", "a", keys_of(0, 10));
  ASSERT_TRUE(becomes(10));
  open("other");
  EXPECT_FALSE(store_->newest("other"));
  EXPECT_FALSE(on_disk());
}

TEST_F(Store, DamagedFileIsNoTableAndIsReplaced) {
  store_->contribute("profile", "a", keys_of(0, 10));
  ASSERT_TRUE(becomes(10));
  store_.reset();
  std::filesystem::resize_file(dir_ / "known-clean", 100);
  open();
  EXPECT_FALSE(newest());
  store_->contribute("profile", "b", keys_of(0, 5));
  EXPECT_TRUE(becomes(5));
}

TEST_F(Store, RevocationIsAtOnceAndForGood) {
  options_.interval = std::chrono::hours(1);
  open();
  store_->contribute("profile", "a", keys_of(0, 10));
  ASSERT_TRUE(becomes(10));
  store_->contribute("profile", "b", keys_of(10, 15));
  store_->contribute("profile", "c", keys_of(15, 20));
  store_->revoke("a");  // written
  const auto table = newest();
  EXPECT_FALSE(table && table->contains(key_of(0)));
  store_->revoke("b");  // waiting, or just being written
  ASSERT_TRUE(becomes(5));
  open();
  EXPECT_EQ(entries(), 5u);
  EXPECT_TRUE(newest()->contains(key_of(15)));
}

TEST_F(Store, RevokingAStrangerChangesNothing) {
  store_->contribute("profile", "a", keys_of(0, 10));
  ASSERT_TRUE(becomes(10));
  store_->revoke("b");
  EXPECT_EQ(entries(), 10u);
  EXPECT_TRUE(on_disk());
}

TEST_F(Store, DisputeDropsEverything) {
  store_->contribute("profile", "a", keys_of(0, 10));
  ASSERT_TRUE(becomes(10));
  store_->dispute("profile", "b", {});
  EXPECT_EQ(entries(), 10u) << "no file, no dispute";
  store_->dispute("profile", "b", keys_of(0, 2));
  EXPECT_FALSE(newest());
  EXPECT_FALSE(on_disk());
  EXPECT_EQ(metrics_.value("portcullis_known_clean_disagreements_total"), 2);
  EXPECT_EQ(metrics_.value("portcullis_known_clean_entries"), 0);
  store_->contribute("profile", "c", keys_of(0, 3));
  EXPECT_TRUE(becomes(3)) << "it begins anew";
}

TEST_F(Store, IsBounded) {
  options_.max_bytes = 10'000;
  open();
  for (int i = 0; i < 10; ++i) {
    store_->contribute("profile", std::to_string(i), keys_of(i * 100, (i + 1) * 100));
    ASSERT_TRUE(test::wait_until([&] {
      const auto table = newest();
      return table && table->contains(key_of(i * 100));
    }));
    EXPECT_LE(std::filesystem::file_size(dir_ / "known-clean"), options_.max_bytes);
  }
}

TEST_F(Store, IgnoresWhatCannotBeRevoked) {
  store_->contribute("profile", "", keys_of(0, 1));
  store_->contribute("profile", std::string(kMaxLayerLabel + 1, 'a'), keys_of(1, 2));
  store_->contribute("profile", "none", {});
  store_->contribute("profile", std::string(kMaxLayerLabel, 'a'), keys_of(2, 3));
  ASSERT_TRUE(becomes(1));
  store_->revoke(std::string(kMaxLayerLabel, 'a'));
  EXPECT_TRUE(becomes(0));
}

TEST_F(Store, HasOneOwner) {
  EXPECT_FALSE(KnownCleanStore::open(options_, metrics_));
  store_.reset();
  EXPECT_TRUE(KnownCleanStore::open(options_, metrics_));
}

TEST_F(Store, CanBeOff) {
  store_.reset();
  options_.use = KnownCleanUse::off;
  EXPECT_FALSE(KnownCleanStore::open(options_, metrics_));
  options_ = {};
  EXPECT_FALSE(KnownCleanStore::open(options_, metrics_)) << "no directory";
}

}  // namespace
}  // namespace portcullis::scan
