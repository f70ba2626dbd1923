// SPDX-License-Identifier: Apache-2.0
#include "directory.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>

#include "portcullis/util/files.hpp"
#include "portcullis/util/text.hpp"

namespace portcullis::blobs {
namespace fs = std::filesystem;
namespace {

using util::ErrorKind;

/// With several processes in one directory, a file in incoming/ may belong to another one that
/// lives; nobody waits this long for a byte, so an older one is what a crash left.
constexpr auto kAbandonedAfter = std::chrono::hours(24);

constexpr const char* kAlgorithms[] = {"sha256", "sha512"};

void clear_incoming(const fs::path& incoming, Sharing sharing) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(incoming, ignored)) {
    if (sharing == Sharing::shared) {
      const auto written = entry.last_write_time(ignored);
      if (ignored || fs::file_time_type::clock::now() - written < kAbandonedAfter) continue;
    }
    fs::remove_all(entry.path(), ignored);
  }
}

util::Result<util::UniqueFd> take_lock(const fs::path& root, Sharing sharing) {
  const fs::path path = root / "lock";
  auto file = util::open_file(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
  if (!file) return file;
  const int mode = sharing == Sharing::exclusive ? LOCK_EX : LOCK_SH;
  while (::flock(file->get(), mode | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    if (errno != EWOULDBLOCK) return tl::unexpected(util::errno_error("locking " + path.string()));
    return util::fail(ErrorKind::io,
                      "the blob directory " + root.string() +
                          " is in use by another process, which holds its lock file; stop that "
                          "process, or give this one a data directory of its own");
  }
  return file;
}

util::Result<void> sync_directory(const fs::path& directory) {
  auto file = util::open_file(directory, O_RDONLY | O_DIRECTORY);
  if (!file) return tl::unexpected(file.error());
  if (::fsync(file->get()) != 0) return tl::unexpected(util::errno_error("fsync " + directory.string()));
  return {};
}

/// The reason alone does not help the person who reads it; what to look at does.
util::Error with_remedy(util::Error error, const fs::path& file) {
  error.message = "storing a blob in " + file.string() + ": " + error.message +
                  "; check the free space and the permissions there, or lower the blob cache's size limit";
  return error;
}

/// Directories whose name is not two hex digits hold nothing of ours.
std::optional<StoredBlob> inspect(const char* algorithm, const fs::path& path) {
  auto digest = oci::Digest::parse(std::string(algorithm) + ":" + path.filename().string());
  if (!digest || path.parent_path().filename() != digest->hex().substr(0, 2)) return std::nullopt;
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  const auto time = [](const timespec& t) {
    return std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec);
  };
  // Uses are written to mtime by us; atime moves too where the mount allows it.
  return StoredBlob{std::move(*digest), static_cast<std::uint64_t>(status.st_size),
                    std::max(time(status.st_atim), time(status.st_mtim))};
}

fs::path path_in(const fs::path& root, const oci::Digest& digest) {
  const bool short_hash = digest.algorithm() == util::HashAlgorithm::sha256;
  return root / kAlgorithms[short_hash ? 0 : 1] / std::string(digest.hex().substr(0, 2)) /
         std::string(digest.hex());
}

}  // namespace

std::vector<StoredBlob> stored_blobs(const fs::path& directory) {
  std::vector<StoredBlob> found;
  std::error_code ignored;
  for (const char* algorithm : kAlgorithms) {
    for (const auto& shard : fs::directory_iterator(directory / algorithm, ignored)) {
      for (const auto& file : fs::directory_iterator(shard.path(), ignored)) {
        if (auto blob = inspect(algorithm, file.path())) found.push_back(std::move(*blob));
      }
    }
  }
  std::sort(found.begin(), found.end(),
            [](const StoredBlob& a, const StoredBlob& b) { return a.last_use < b.last_use; });
  return found;
}

util::Result<bool> remove_stored_blob(const fs::path& directory, const oci::Digest& digest) {
  const auto path = path_in(directory, digest);
  if (::unlink(path.c_str()) == 0) return true;
  if (errno == ENOENT || errno == ENOTDIR) return false;
  return tl::unexpected(util::errno_error("removing " + path.string()));
}

Incoming::Incoming(Incoming&& other) noexcept
    : path_(std::move(other.path_)),
      writing_(std::move(other.writing_)),
      reading_(std::move(other.reading_)) {
  other.path_.clear();
}

Incoming::~Incoming() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

util::Result<void> Incoming::write(std::span<const std::byte> bytes) {
  auto written = util::write_full(writing_.get(), bytes);
  if (!written) return tl::unexpected(with_remedy(std::move(written.error()), path_));
  return {};
}

util::Result<void> Incoming::commit(const fs::path& target) {
  if (::fsync(writing_.get()) != 0) {
    return tl::unexpected(with_remedy(util::errno_error("fsync"), path_));
  }
  const fs::path shard = target.parent_path();
  if (::mkdir(shard.c_str(), 0700) == 0) {
    if (auto synced = sync_directory(shard.parent_path()); !synced) return synced;
  } else if (errno != EEXIST) {
    return tl::unexpected(with_remedy(util::errno_error("making " + shard.string()), path_));
  }
  if (::rename(path_.c_str(), target.c_str()) != 0) {
    return tl::unexpected(with_remedy(util::errno_error("renaming to " + target.string()), path_));
  }
  path_.clear();
  writing_.reset();
  return sync_directory(shard);
}

util::Result<Directory> Directory::open(const fs::path& root, Sharing sharing) {
  if (auto made = util::make_writable_directory(root); !made) return tl::unexpected(made.error());
  auto lock = take_lock(root, sharing);
  if (!lock) return tl::unexpected(lock.error());
  for (const char* algorithm : kAlgorithms) {
    if (auto made = util::make_writable_directory(root / algorithm); !made) {
      return tl::unexpected(made.error());
    }
  }
  if (auto made = util::make_writable_directory(root / "incoming"); !made) {
    return tl::unexpected(made.error());
  }
  clear_incoming(root / "incoming", sharing);
  return Directory(root, std::move(*lock));
}

fs::path Directory::path_of(const oci::Digest& digest) const { return path_in(root_, digest); }

fs::path Directory::incoming_name() const { return root_ / "incoming" / util::random_id(20); }

util::Result<Incoming> Directory::create_incoming() const {
  fs::path path = incoming_name();
  auto writing = util::open_file(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
  if (!writing) return tl::unexpected(with_remedy(std::move(writing.error()), path));
  auto reading = util::open_file(path, O_RDONLY | O_NOFOLLOW);
  if (!reading) {
    ::unlink(path.c_str());
    return tl::unexpected(with_remedy(std::move(reading.error()), path));
  }
  return Incoming(std::move(path), std::move(*writing),
                  std::make_shared<util::UniqueFd>(std::move(*reading)));
}

std::optional<Directory::Opened> Directory::open_blob(const oci::Digest& digest) const {
  auto file = util::open_file(path_of(digest), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  if (!file) return std::nullopt;
  struct stat status {};
  if (::fstat(file->get(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  return Opened{std::make_shared<util::UniqueFd>(std::move(*file)),
                static_cast<std::uint64_t>(status.st_size)};
}

std::optional<fs::path> Directory::detach(const oci::Digest& digest) const {
  const fs::path path = path_of(digest);
  fs::path target = incoming_name();
  if (::rename(path.c_str(), target.c_str()) != 0) return std::nullopt;
  return target;
}

}  // namespace portcullis::blobs
