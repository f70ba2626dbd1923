// SPDX-License-Identifier: Apache-2.0
#include "portcullis/blobs/maintenance.hpp"

#include <gtest/gtest.h>

#include "blobs_fixture.hpp"

namespace portcullis::blobs {
namespace {

TEST(Maintenance, NoDirectoryHoldsNothing) {
  const test::TempDir dir;
  EXPECT_TRUE(stored_blobs(dir / "none").empty());
  const auto removed = remove_stored_blob(dir / "none", oci::Digest::of("x"));
  ASSERT_TRUE(removed);
  EXPECT_FALSE(*removed);
}

TEST(Maintenance, AStoreThatRunsTakesARemovedBlobForAbsentAndFetchesItAgain) {
  const test::TempDir dir;
  util::MemoryMetrics metrics;
  const auto store = open_store({.directory = dir / "blobs"}, metrics);
  ASSERT_TRUE(store) << store.error().message;
  const std::string content = "a layer";
  const auto digest = (*store)->put(content);
  ASSERT_TRUE(digest);
  const auto reading = (*store)->find(*digest);
  ASSERT_TRUE(reading);

  const auto found = stored_blobs(dir / "blobs");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].digest, *digest);
  EXPECT_EQ(found[0].size, content.size());
  ASSERT_TRUE(remove_stored_blob(dir / "blobs", *digest).value());
  EXPECT_TRUE(stored_blobs(dir / "blobs").empty());

  std::string still(content.size(), '\0');
  const auto got =
      util::read_full_at(reading->file->get(), std::as_writable_bytes(std::span<char>(still)), 0);
  EXPECT_TRUE(got && still == content) << "who reads it reads on";
}

TEST(Maintenance, ABlobThatNobodyReadsIsGoneAtOnceAndComesBack) {
  const test::TempDir dir;
  util::MemoryMetrics metrics;
  const auto store = open_store({.directory = dir / "blobs"}, metrics);
  ASSERT_TRUE(store) << store.error().message;
  const auto digest = (*store)->put("a layer");
  ASSERT_TRUE(digest);
  ASSERT_TRUE(remove_stored_blob(dir / "blobs", *digest).value());
  EXPECT_FALSE((*store)->find(*digest));
  EXPECT_EQ((*store)->used_bytes(), 0u) << "what is gone is no longer counted";
  const auto again = (*store)->acquire(
      *digest, 7, 100, [](util::ByteSink& sink) { return sink.write(util::as_bytes("a layer")); });
  ASSERT_TRUE(again->wait());
  EXPECT_EQ(stored_blobs(dir / "blobs").size(), 1u);
}

}  // namespace
}  // namespace portcullis::blobs
