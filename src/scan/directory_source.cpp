// SPDX-License-Identifier: Apache-2.0
#include "directory_source.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <functional>

#include "portcullis/scan/directory.hpp"
#include "portcullis/scan/protocol.hpp"
#include "portcullis/scan/tree.hpp"

namespace portcullis::scan {
namespace {

using util::ErrorKind;

constexpr std::size_t kMaxDepth = 256;  ///< each level holds a descriptor

tl::unexpected<util::Error> unreadable(const std::string& path) {
  return tl::unexpected(util::errno_error("reading " + (path.empty() ? std::string("the directory") : path)));
}

/// In descending order: they are taken from the end.
util::Result<std::vector<std::string>> names_in(int directory, const std::string& path) {
  auto copy = util::duplicate(directory);
  if (!copy) return tl::unexpected(copy.error());
  DIR* stream = fdopendir(copy->get());
  if (stream == nullptr) return unreadable(path);
  copy->release();
  rewinddir(stream);  // the copy shares its position with the original
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* item = readdir(stream)) {
    const std::string name = item->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  const int error = errno;
  closedir(stream);
  errno = error;
  if (error != 0) return unreadable(path);
  std::ranges::sort(names, std::greater<>());
  return names;
}

}  // namespace

DirectorySource::DirectorySource(int directory) : root_(directory) {}

util::Result<void> DirectorySource::enter(util::UniqueFd directory, std::string path) {
  if (levels_.size() >= kMaxDepth)
    return util::fail(ErrorKind::limit, "directories nested too deeply: " + path);
  auto names = names_in(directory.get(), path);
  if (!names) return tl::unexpected(names.error());
  levels_.push_back({std::move(directory), std::move(path), std::move(*names)});
  return {};
}

util::Result<void> DirectorySource::visit(const Level& level, const std::string& name) {
  std::string path = level.path + name;
  if (path.size() > kMaxPath) return util::fail(ErrorKind::limit, "path too long: " + path);
  struct stat status {};
  if (fstatat(level.directory.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
    return unreadable(path);
  if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) return {};  // nothing in it to read
  // Non-blocking: the name may have become a fifo since.
  util::UniqueFd opened(
      openat(level.directory.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!opened || fstat(opened.get(), &status) != 0) return unreadable(path);
  if (S_ISDIR(status.st_mode)) return enter(std::move(opened), path.append("/"));
  if (!S_ISREG(status.st_mode)) return util::fail(ErrorKind::io, "changed while it was read: " + path);
  file_left_ = static_cast<std::uint64_t>(status.st_size);
  header_ = encode_tree_header({path, status.st_mode & 07777U, status.st_uid, status.st_gid, file_left_});
  file_ = std::move(opened);
  file_path_ = std::move(path);
  return {};
}

/// To the next header: of a file, or the one that ends the tree.
util::Result<void> DirectorySource::advance() {
  file_.reset();
  if (!begun_) {
    begun_ = true;
    auto root = util::duplicate(root_);
    if (!root) return tl::unexpected(root.error());
    if (auto entered = enter(std::move(*root), ""); !entered) return entered;
  }
  while (header_.empty() && !levels_.empty()) {
    Level& level = levels_.back();
    if (level.names.empty()) {
      levels_.pop_back();
      continue;
    }
    const std::string name = std::move(level.names.back());
    level.names.pop_back();
    if (auto visited = visit(level, name); !visited) return visited;
  }
  if (header_.empty()) {
    ended_ = true;
    header_ = encode_tree_header({});
  }
  return {};
}

util::Result<std::size_t> DirectorySource::read(std::span<std::byte> buffer) {
  if (header_.empty() && file_left_ == 0) {
    if (ended_) return 0;
    if (auto advanced = advance(); !advanced) return tl::unexpected(advanced.error());
  }
  if (!header_.empty()) {
    const std::size_t size = std::min(header_.size(), buffer.size());
    std::memcpy(buffer.data(), header_.data(), size);
    header_.erase(0, size);
    return size;
  }
  const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(file_left_, buffer.size()));
  auto size = util::read_full(file_.get(), buffer.first(wanted));
  if (!size) return util::fail(file_path_, size.error());
  if (*size < wanted) return util::fail(ErrorKind::io, "became shorter while it was read: " + file_path_);
  file_left_ -= *size;
  return *size;
}

std::unique_ptr<util::ByteSource> directory_source(int directory) {
  return std::make_unique<DirectorySource>(directory);
}

}  // namespace portcullis::scan
