// SPDX-License-Identifier: Apache-2.0
#include "unpack/unpacked.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <unistd.h>
#include <algorithm>
#include <clocale>
#include <cstdio>
#include <cstring>

namespace portcullis::unpack {
namespace {

/// The scanner sets this locale before it unpacks anything.
class Utf8Locale final : public testing::Environment {
 public:
  void SetUp() override { ASSERT_NE(std::setlocale(LC_ALL, "C.UTF-8"), nullptr); }
};
const auto* const kUtf8Locale = testing::AddGlobalTestEnvironment(new Utf8Locale);

util::UniqueFd unlinked_file() {
  std::string path = testing::TempDir() + "portcullis-spool-XXXXXX";
  util::UniqueFd fd(::mkstemp(path.data()));
  if (!fd) throw std::runtime_error("mkstemp failed");
  ::unlink(path.c_str());
  return fd;
}

class StringContent final : public Content {
 public:
  explicit StringContent(std::string_view text) : text_(text) {}
  std::span<const std::byte> bytes() const override { return util::as_bytes(text_); }

 private:
  std::string text_;
};

}  // namespace

util::Result<std::size_t> StringSource::read(std::span<std::byte> buffer) {
  const std::size_t count = std::min({buffer.size(), bytes_.size(), piece_});
  std::memcpy(buffer.data(), bytes_.data(), count);
  bytes_.remove_prefix(count);
  return count;
}

util::Result<std::size_t> ZerosSource::read(std::span<std::byte> buffer) {
  std::string& text = head_.empty() && zeros_ == 0 ? tail_ : head_;
  if (!text.empty() || zeros_ == 0) {
    const std::size_t count = std::min(buffer.size(), text.size());
    std::memcpy(buffer.data(), text.data(), count);
    text.erase(0, count);
    return count;
  }
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), zeros_));
  std::memset(buffer.data(), 0, count);
  zeros_ -= count;
  return count;
}

TestSpool::TestSpool() : fd_(unlinked_file()), spool_(fd_.get()) {}

std::uint64_t TestSpool::allocated() const {
  struct stat info {};
  EXPECT_EQ(::fstat(fd_.get(), &info), 0);
  return static_cast<std::uint64_t>(info.st_blocks) * 512;
}

std::string text_of(const Content& content) {
  const auto bytes = content.bytes();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string Unpacked::content(std::string_view path) const {
  const auto is_it = [&](const File& file) { return file.entry.path == path; };
  EXPECT_EQ(std::ranges::count_if(files, is_it), 1) << "file " << path;
  const auto found = std::ranges::find_if(files, is_it);
  return found == files.end() ? std::string() : text_of(*found->content);
}

std::vector<std::string> Unpacked::paths() const {
  std::vector<std::string> result;
  for (const File& file : files) result.push_back(file.entry.path);
  return result;
}

Unpacked unpack(std::string_view layer, std::string_view media_type, const Limits& limits) {
  const TestSpool spool;
  StringSource source(layer);
  Unpacked result;
  result.ending = unpack_layer(source, media_type, limits, spool.spool(), result);
  return result;
}

Unpacked open_all(std::string_view archive, std::string name, const Limits& limits) {
  const TestSpool spool;
  const auto budget = make_nested_budget(limits);
  Unpacked result;
  result.ending.code = findings::Outcome::complete;
  File top;
  top.entry.path = std::move(name);
  top.content = std::make_shared<StringContent>(archive);
  std::vector<File> todo{top};
  while (!todo.empty()) {
    const File next = std::move(todo.back());
    todo.pop_back();
    Unpacked members;
    const Ending ending = open_nested(next, limits, *budget, spool.spool(), members);
    if (result.ending.code == findings::Outcome::complete) result.ending = ending;
    for (File& member : members.files) {
      if (is_archive(member.content->bytes())) todo.push_back(member);
      result.files.push_back(std::move(member));
    }
  }
  return result;
}

}  // namespace portcullis::unpack
