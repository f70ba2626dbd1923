// SPDX-License-Identifier: Apache-2.0
#include "portcullis/blobs/store.hpp"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <chrono>
#include <fstream>

#include "blobs_fixture.hpp"
#include "support/require.hpp"

namespace portcullis::blobs {
namespace {

using util::ErrorKind;

TEST_F(BlobStoreTest, CommitsWhatMatches) {
  open();
  const std::string content(10'000, 'x');
  const auto digest = oci::Digest::of(content);
  EXPECT_FALSE(store_->contains(digest));
  EXPECT_FALSE(store_->find(digest));

  const auto blob = store_->acquire(digest, content.size(), kPlenty, deliver(content))->wait();
  ASSERT_TRUE(blob) << blob.error().message;
  EXPECT_EQ(read_blob(*blob), content);
  EXPECT_EQ(test::slurp(path_of(digest)), content);
  EXPECT_EQ(files_below(directory() / "incoming"), 0u);
  EXPECT_TRUE(store_->contains(digest));
  EXPECT_EQ(store_->used_bytes(), content.size());
  EXPECT_EQ(metrics_.value("portcullis_blob_cache_bytes"), 10'000);
  EXPECT_EQ(metrics_.value("portcullis_blob_transfers_total{result=committed}"), 1);

  const auto again = store_->acquire(digest, content.size(), kPlenty, [](util::ByteSink&) {
    ADD_FAILURE() << "fetched twice";
    return util::Result<void>();
  });
  ASSERT_TRUE(again->wait());
  EXPECT_EQ(drain(*again->reader()).value(), content);
  EXPECT_EQ(metrics_.value("portcullis_blob_hits_total"), 1);
}

TEST_F(BlobStoreTest, KnowsSha512AndTheEmptyBlob) {
  open();
  util::Hasher hasher(util::HashAlgorithm::sha512);
  hasher.update("abc");
  const auto long_digest = *oci::Digest::parse("sha512:" + hasher.finish_hex());
  const auto blob = store_->acquire(long_digest, 3, kPlenty, deliver("abc"))->wait();
  ASSERT_TRUE(blob) << blob.error().message;
  EXPECT_EQ(read_blob(*blob), "abc");

  const auto empty = store_->acquire(oci::Digest::of(""), 0, kPlenty, deliver(""));
  EXPECT_EQ(drain(*empty->reader()).value(), "");
  EXPECT_TRUE(empty->wait());
  open();
  EXPECT_TRUE(store_->find(long_digest));
  EXPECT_TRUE(store_->find(oci::Digest::of("")));
}

struct BadCase {
  const char* name;
  std::string sent;
  std::optional<std::uint64_t> expected_size;
  std::uint64_t max_size;
  ErrorKind kind;
};

TEST_F(BlobStoreTest, LeavesNothingOfAWrongTransferAndWorksTheNextTime) {
  const std::string right = "the right content";
  const auto digest = oci::Digest::of(right);
  const BadCase cases[] = {
      {"wrong digest", "the wrong content", right.size(), kPlenty, ErrorKind::corrupt},
      {"wrong digest, size unknown", "something else", std::nullopt, kPlenty, ErrorKind::corrupt},
      {"short", "the right", right.size(), kPlenty, ErrorKind::corrupt},
      {"nothing", "", right.size(), kPlenty, ErrorKind::corrupt},
      {"one byte too many", right + "!", right.size(), kPlenty, ErrorKind::corrupt},
      {"endless", std::string(1 << 20, 'a'), right.size(), kPlenty, ErrorKind::corrupt},
      {"above the limit", right, std::nullopt, right.size() - 1, ErrorKind::limit},
      {"descriptor above the limit", right, right.size(), right.size() - 1, ErrorKind::limit},
      {"descriptor lies", right, right.size() + 1, kPlenty, ErrorKind::corrupt},
  };
  open();
  for (const auto& bad : cases) {
    SCOPED_TRACE(bad.name);
    const auto transfer = store_->acquire(digest, bad.expected_size, bad.max_size, deliver(bad.sent));
    const auto result = transfer->wait();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind, bad.kind) << result.error().message;
    EXPECT_NE(result.error().message.find(digest.text()), std::string::npos) << result.error().message;
    EXPECT_FALSE(drain(*transfer->reader())) << "a failed transfer must not end cleanly";
    expect_nothing_visible();
  }
  EXPECT_TRUE(store_->acquire(digest, right.size(), kPlenty, deliver(right))->wait());
}

TEST_F(BlobStoreTest, AFailingOrThrowingFetchIsPassedOn) {
  open();
  const auto digest = oci::Digest::of("x");
  const auto denied = store_->acquire(digest, 1, kPlenty, [](util::ByteSink&) -> util::Result<void> {
    return util::fail(ErrorKind::denied, "no entry");
  });
  const auto result = denied->wait();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::denied);
  EXPECT_EQ(result.error().message, "no entry");

  const auto thrown = store_->acquire(
      digest, 1, kPlenty, [](util::ByteSink&) -> util::Result<void> { throw std::runtime_error("boom"); });
  const auto second = thrown->wait();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::internal);
  expect_nothing_visible();
}

TEST_F(BlobStoreTest, AFetchThatIgnoresTheSinksErrorStillFails) {
  open();
  const auto result = store_
                          ->acquire(oci::Digest::of("ab"), 2, kPlenty,
                                    [](util::ByteSink& sink) -> util::Result<void> {
                                      EXPECT_TRUE(sink.write(util::as_bytes("ab")));
                                      EXPECT_FALSE(sink.write(util::as_bytes("c")));
                                      EXPECT_FALSE(sink.write({})) << "the first failure is final";
                                      return {};
                                    })
                          ->wait();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::corrupt);
  expect_nothing_visible();
}

TEST_F(BlobStoreTest, ACommittedBlobOfAnotherSizeThanExpectedIsCorrupt) {
  open();
  const auto digest = store_->put("five!").value();
  const auto result = store_->acquire(digest, 4, kPlenty, deliver(""))->wait();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::corrupt);
}

TEST_F(BlobStoreTest, PutIsIdempotentAndRemoveIsFinal) {
  open();
  const auto digest = store_->put("document").value();
  EXPECT_EQ(digest, oci::Digest::of("document"));
  EXPECT_EQ(store_->put("document").value(), digest);
  EXPECT_EQ(store_->used_bytes(), 8u);
  ASSERT_EQ(store_->list().size(), 1u);
  EXPECT_EQ(store_->list()[0].digest, digest);
  EXPECT_EQ(store_->list()[0].size, 8u);

  const auto held = store_->find(digest);
  EXPECT_TRUE(store_->remove(digest));
  EXPECT_FALSE(store_->remove(digest));
  EXPECT_FALSE(store_->find(digest));
  expect_nothing_visible();
  EXPECT_EQ(read_blob(*held), "document") << "a descriptor keeps reading";
}

TEST_F(BlobStoreTest, SurvivesARestartAndEmptiesIncoming) {
  open();
  const auto digest = store_->put("kept").value();
  test::write_file(directory() / "incoming" / "leftover", "half a blo");
  test::write_file(directory() / "sha256" / "zz-not-a-blob", "not ours");
  const auto misplaced = directory() / "sha256" / "00" / std::string(oci::Digest::of("m").hex());
  std::filesystem::create_directories(misplaced.parent_path());
  test::write_file(misplaced, "m");

  open();
  EXPECT_EQ(files_below(directory() / "incoming"), 0u);
  ASSERT_EQ(store_->list().size(), 1u);
  EXPECT_EQ(read_blob(*store_->find(digest)), "kept");
}

TEST_F(BlobStoreTest, ABlobThatWasTamperedWithIsFetchedAgain) {
  open();
  const auto truncated = store_->put("truncated").value();
  const auto deleted = store_->put("deleted").value();
  const auto linked = store_->put("linked").value();
  std::filesystem::resize_file(path_of(truncated), 3);
  std::filesystem::remove(path_of(deleted));
  std::filesystem::remove(path_of(linked));
  std::filesystem::create_symlink("/etc/passwd", path_of(linked));
  for (const auto& [digest, content] :
       {std::pair{truncated, "truncated"}, {deleted, "deleted"}, {linked, "linked"}}) {
    EXPECT_FALSE(store_->find(digest)) << content;
    const auto blob = store_->acquire(digest, std::nullopt, kPlenty, deliver(content))->wait();
    ASSERT_TRUE(blob) << blob.error().message;
    EXPECT_EQ(read_blob(*blob), content);
  }
}

TEST_F(BlobStoreTest, EvictsTheLeastRecentlyUsedFirst) {
  open(30);
  const auto a = store_->put("aaaaaaaaaa").value();
  const auto b = store_->put("bbbbbbbbbb").value();
  const auto c = store_->put("cccccccccc").value();
  EXPECT_TRUE(store_->find(a));  // now b is the oldest
  const auto d = store_->put("dddddddddd").value();
  EXPECT_TRUE(store_->contains(a));
  EXPECT_FALSE(store_->contains(b));
  EXPECT_TRUE(store_->contains(c));
  EXPECT_TRUE(store_->contains(d));
  EXPECT_EQ(store_->used_bytes(), 30u);
  EXPECT_EQ(files_below(directory() / "sha256"), 3u);
  EXPECT_EQ(files_below(directory() / "incoming"), 0u);
  EXPECT_EQ(metrics_.value("portcullis_blob_evictions_total"), 1);
}

TEST_F(BlobStoreTest, EvictionSparesWhatIsOpenAndTheNewest) {
  open(10);
  const auto open_one = store_->put("oooooooo").value();
  const auto handle = store_->find(open_one);
  const auto large = store_->put("larger than the whole cache").value();
  EXPECT_TRUE(store_->contains(open_one));
  EXPECT_TRUE(store_->contains(large)) << "it was just fetched for somebody";
  EXPECT_EQ(read_blob(*handle), "oooooooo");
}

TEST_F(BlobStoreTest, TheOrderOfUseSurvivesARestart) {
  open();
  const auto a = store_->put("aaaaaaaaaa").value();
  const auto b = store_->put("bbbbbbbbbb").value();
  const auto used_at = [this](const oci::Digest& digest, time_t when) {
    const timespec times[2] = {{when, 0}, {when, 0}};
    ASSERT_EQ(::utimensat(AT_FDCWD, path_of(digest).c_str(), times, 0), 0);
  };
  used_at(a, 1'000'000);
  used_at(b, 2'000'000);
  open();
  EXPECT_TRUE(store_->find(a));  // moves its mtime to now
  open(20);
  const auto c = store_->put("cccccccccc").value();
  EXPECT_TRUE(store_->contains(a));
  EXPECT_FALSE(store_->contains(b));
  EXPECT_TRUE(store_->contains(c));
}

TEST_F(BlobStoreTest, OneProcessPerDirectoryUnlessShared) {
  open();
  const auto digest = store_->put("shared content").value();
  Options options;
  options.directory = directory();
  for (const auto sharing : {Sharing::exclusive, Sharing::shared}) {
    options.sharing = sharing;
    const auto second = open_store(options, metrics_);
    ASSERT_FALSE(second);
    EXPECT_NE(second.error().message.find("in use by another process"), std::string::npos);
    EXPECT_NE(second.error().message.find(directory().string()), std::string::npos);
  }
  store_.reset();

  options.sharing = Sharing::shared;
  auto one = open_store(options, metrics_);
  auto two = open_store(options, metrics_);
  ASSERT_TRUE(one && two);
  EXPECT_TRUE((*one)->find(digest));
  const auto later = (*one)->put("made by the first").value();
  EXPECT_TRUE((*two)->contains(later));
  EXPECT_EQ(read_blob(*(*two)->find(later)), "made by the first");
  EXPECT_TRUE((*one)->remove(digest));
  EXPECT_FALSE((*two)->find(digest)) << "gone behind its back: fetched again, not an error";
  options.sharing = Sharing::exclusive;
  EXPECT_FALSE(open_store(options, metrics_));
}

TEST_F(BlobStoreTest, SharedStoresLeaveEachOthersIncomingFilesAlone) {
  open();
  store_.reset();
  test::write_file(directory() / "incoming" / "running", "half");
  const auto old = directory() / "incoming" / "crashed";
  test::write_file(old, "half");
  std::filesystem::last_write_time(old,
                                   std::filesystem::file_time_type::clock::now() - std::chrono::hours(48));
  Options options;
  options.directory = directory();
  options.sharing = Sharing::shared;
  ASSERT_TRUE(open_store(options, metrics_));
  EXPECT_TRUE(std::filesystem::exists(directory() / "incoming" / "running"));
  EXPECT_FALSE(std::filesystem::exists(old));
}

TEST(BlobStoreOpen, SaysWhenTheDirectoryIsUnusable) {
  const test::TempDir dir;
  test::write_file(dir / "file", "not a directory");
  util::MemoryMetrics metrics;
  Options options;
  options.directory = dir / "file";
  const auto store = open_store(options, metrics);
  ASSERT_FALSE(store);
  EXPECT_NE(store.error().message.find((dir / "file").string()), std::string::npos);
}

/// A file system of 1 MiB below the test's directory.
class SmallDisk {
 public:
  explicit SmallDisk(const std::filesystem::path& where) : where_(where) {
    std::filesystem::create_directories(where_);
    mounted_ = ::mount("tmpfs", where_.c_str(), "tmpfs", 0, "size=1m") == 0;
  }
  ~SmallDisk() {
    if (mounted_) ::umount2(where_.c_str(), MNT_DETACH);
  }
  bool mounted() const { return mounted_; }

 private:
  std::filesystem::path where_;
  bool mounted_;
};

TEST_F(BlobStoreTest, AFullDiskIsAnErrorThatNamesTheFileAndTheRemedy) {
  PORTCULLIS_REQUIRE_ROOT();
  const SmallDisk disk(directory());
  PORTCULLIS_REQUIRE(disk.mounted(), "mounting a tmpfs");
  open();
  const std::string large(2 << 20, 'L');
  const auto result =
      store_->acquire(oci::Digest::of(large), large.size(), kPlenty, deliver(large, 65536))->wait();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::io);
  EXPECT_NE(result.error().message.find((directory() / "incoming").string()), std::string::npos)
      << result.error().message;
  EXPECT_NE(result.error().message.find("No space left"), std::string::npos);
  EXPECT_NE(result.error().message.find("free space"), std::string::npos);
  expect_nothing_visible();

  const std::string small(100'000, 's');
  EXPECT_TRUE(store_->acquire(oci::Digest::of(small), small.size(), kPlenty, deliver(small))->wait());
  store_.reset();
}

}  // namespace
}  // namespace portcullis::blobs
