// SPDX-License-Identifier: Apache-2.0
#include "portcullis/util/files.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "support/temp_dir.hpp"

namespace portcullis::util {
namespace {

namespace fs = std::filesystem;

std::size_t entries(const fs::path& dir) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(dir), fs::directory_iterator()));
}

unsigned mode_of(const fs::path& path) {
  struct stat info {};
  EXPECT_EQ(::stat(path.c_str(), &info), 0);
  return info.st_mode & 07777;
}

TEST(MakeWritableDirectory, MakesParentsPrivateAndLeavesNothing) {
  const test::TempDir dir;
  ASSERT_TRUE(make_writable_directory(dir / "a/b/c/"));
  for (const char* made : {"a", "a/b", "a/b/c"}) EXPECT_EQ(mode_of(dir / made), 0700u) << made;
  EXPECT_EQ(entries(dir / "a/b/c"), 0u);
  EXPECT_TRUE(make_writable_directory(dir / "a/b/c"));
}

TEST(MakeWritableDirectory, SaysWhatIsInTheWay) {
  const test::TempDir dir;
  dir.write("file", "");
  const auto made = make_writable_directory(dir / "file");
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().message.find("not a directory"), std::string::npos);
  EXPECT_FALSE(make_writable_directory(dir / "file/below"));
  EXPECT_FALSE(make_writable_directory(""));
}

TEST(MakeWritableDirectory, ProvesWriting) {
  const auto made = make_writable_directory("/proc/self");
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().message.find("/proc/self"), std::string::npos);
}

TEST(ReadFile, HoldsItsLimit) {
  const test::TempDir dir;
  struct Row {
    std::size_t size;
    std::size_t limit;
    bool fits;
  };
  const Row rows[] = {{0, 0, true},         {1, 0, false},         {10, 10, true},          {11, 10, false},
                      {65536, 65536, true}, {65537, 65536, false}, {200'000, 1 << 20, true}};
  for (const Row& row : rows) {
    SCOPED_TRACE(row.size);
    const std::string content(row.size, 'x');
    const auto read = read_file(dir.write("f", content), row.limit);
    ASSERT_EQ(read.has_value(), row.fits);
    if (row.fits) {
      EXPECT_EQ(*read, content);
    } else {
      EXPECT_EQ(read.error().kind, ErrorKind::limit);
    }
  }
}

TEST(ReadFile, TellsAbsentFromUnreadable) {
  const test::TempDir dir;
  EXPECT_EQ(read_file(dir / "none", 10).error().kind, ErrorKind::absent);
  EXPECT_EQ(read_file(dir.path(), 10).error().kind, ErrorKind::io);
}

TEST(WriteFileAtomically, ReplacesAndLeavesNoTemporary) {
  const test::TempDir dir;
  ASSERT_TRUE(write_file_atomically(dir / "f", "first"));
  ASSERT_TRUE(write_file_atomically(dir / "f", "second"));
  EXPECT_EQ(read_file(dir / "f", 100).value(), "second");
  EXPECT_EQ(entries(dir.path()), 1u);
}

TEST(WriteFileAtomically, VanishesWhenItCannotCommit) {
  const test::TempDir dir;
  fs::create_directory(dir / "taken");
  dir.write("taken/inside", "");
  EXPECT_FALSE(write_file_atomically(dir / "taken", "x"));  // a directory cannot be renamed over
  EXPECT_EQ(entries(dir.path()), 1u);
}

}  // namespace
}  // namespace portcullis::util
