// SPDX-License-Identifier: Apache-2.0
#include "portcullis/scan/thread_share.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

namespace portcullis::scan {
namespace {

struct Row {
  const char* name;
  std::uint32_t total;
  std::vector<std::uint32_t> expected;  ///< one job each
};
class Dealt : public ::testing::TestWithParam<Row> {};

TEST_P(Dealt, EvenlyAndNobodyGoesWithout) {
  ThreadShares threads(GetParam().total);
  std::vector<std::unique_ptr<ThreadShares::Share>> shares;
  for (std::size_t i = 0; i < GetParam().expected.size(); ++i) shares.push_back(std::move(*threads.join()));
  std::vector<std::uint32_t> dealt;
  for (const auto& share : shares) dealt.push_back(share->threads());
  EXPECT_EQ(dealt, GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(All, Dealt,
                         ::testing::Values(Row{"OneJobHasAll", 8, {8}}, Row{"Halves", 2, {1, 1}},
                                           Row{"TheOldestGetsTheRest", 8, {3, 3, 2}},
                                           Row{"MoreJobsThanThreads", 2, {1, 1, 1}}),
                         [](const auto& row) { return row.param.name; });

TEST(ThreadShares, GrowWhenAnotherJobEnds) {
  ThreadShares threads(4);
  auto first = *threads.join();
  auto second = *threads.join();
  EXPECT_EQ(second->threads(), 2u);
  first.reset();
  EXPECT_EQ(second->threads(), 4u);
}

TEST(SharedNumber, IsSeenThroughTheDescriptorAndCannotBeChangedThere) {
  auto ours = SharedNumber::make(3);
  ASSERT_TRUE(ours);
  const auto theirs = SharedNumber::map(ours->fd());
  ASSERT_TRUE(theirs);
  EXPECT_EQ(theirs->get(), 3u);
  ours->set(5);
  EXPECT_EQ(theirs->get(), 5u);
  EXPECT_NE(ftruncate(ours->fd(), 0), 0) << "its size";
  EXPECT_LT(pwrite(ours->fd(), "x", 1, 0), 0) << "its content";
  EXPECT_EQ(mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, ours->fd(), 0), MAP_FAILED);
}

TEST(SharedNumber, NothingIsNoNumber) {
  const util::UniqueFd nothing(open("/dev/null", O_RDONLY | O_CLOEXEC));
  EXPECT_FALSE(SharedNumber::map(nothing.get()));
}

}  // namespace
}  // namespace portcullis::scan
