// SPDX-License-Identifier: Apache-2.0
#include "portcullis/util/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "portcullis/util/fd.hpp"
#include "portcullis/util/text.hpp"

namespace portcullis::util {
namespace {

namespace fs = std::filesystem;

/// Removes the file unless told that it has become the real thing.
class TemporaryFile {
 public:
  explicit TemporaryFile(fs::path path) : path_(std::move(path)) {}
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    if (!kept_) ::unlink(path_.c_str());
  }
  const fs::path& path() const { return path_; }
  void keep() { kept_ = true; }

 private:
  fs::path path_;
  bool kept_ = false;
};

fs::path parent_of(const fs::path& path) {
  const fs::path parent = path.parent_path();
  return parent.empty() ? fs::path(".") : parent;
}

Result<void> make_directories(const fs::path& dir) {
  struct stat info {};
  if (::stat(dir.c_str(), &info) == 0) {
    if (S_ISDIR(info.st_mode)) return {};
    return fail(ErrorKind::io, dir.string() + " exists and is not a directory");
  }
  if (errno != ENOENT) return tl::unexpected<Error>(errno_error("looking at directory " + dir.string()));
  if (const fs::path parent = parent_of(dir); parent != dir) {
    if (auto made = make_directories(parent); !made) return made;
  }
  if (::mkdir(dir.c_str(), 0700) != 0 && errno != EEXIST) {
    return tl::unexpected<Error>(errno_error("making directory " + dir.string()));
  }
  return {};
}

Result<void> sync(int fd, const fs::path& path) {
  if (::fsync(fd) != 0) return tl::unexpected<Error>(errno_error("syncing " + path.string()));
  return {};
}

Result<void> write_new_file(const fs::path& path, std::string_view content) {
  const auto fd = open_file(path, O_WRONLY | O_CREAT | O_EXCL);
  if (!fd) return tl::unexpected<Error>(fd.error());
  if (auto written = write_full(fd->get(), as_bytes(content)); !written)
    return fail(path.string(), written.error());
  return sync(fd->get(), path);
}

}  // namespace

Result<void> make_writable_directory(const fs::path& dir) {
  if (dir.empty()) return fail(ErrorKind::invalid, "a directory name must not be empty");
  // A trailing slash would make the directory its own parent.
  const fs::path clean = dir.has_filename() ? dir : dir.parent_path();
  if (auto made = make_directories(clean); !made) return made;
  const TemporaryFile probe(clean / (".write-test-" + random_id()));
  if (auto written = write_new_file(probe.path(), "x"); !written) {
    return fail("directory " + dir.string() + " cannot be written to", written.error());
  }
  return {};
}

Result<std::string> read_file(const fs::path& path, std::size_t max_bytes) {
  constexpr std::size_t kStep = 64 * 1024;
  const auto fd = open_file(path, O_RDONLY);
  if (!fd) return tl::unexpected<Error>(fd.error());
  std::string content;
  while (true) {
    // One byte past the limit tells "just fits" from "too large".
    const std::size_t before = content.size();
    const std::size_t want = std::min(kStep, max_bytes - before + 1);
    content.resize(before + want);
    const auto got = read_full(fd->get(), std::as_writable_bytes(std::span(content).subspan(before)));
    if (!got) return fail(path.string(), got.error());
    content.resize(before + *got);
    if (content.size() > max_bytes) {
      return fail(ErrorKind::limit,
                  path.string() + " is larger than the " + format_size(max_bytes) + " that are read of it");
    }
    if (*got < want) return content;
  }
}

Result<std::vector<fs::path>> files_below(const fs::path& directory,
                                          const std::vector<std::string_view>& extensions) {
  std::vector<fs::path> found;
  std::error_code error;
  for (auto it = fs::recursive_directory_iterator(directory, error); !error && it != fs::end(it);
       it.increment(error)) {
    if (it->path().filename().string().starts_with('.')) {
      it.disable_recursion_pending();
      continue;
    }
    std::error_code ignored;
    const std::string extension = it->path().extension().string();
    if (std::ranges::find(extensions, extension) != extensions.end() && it->is_regular_file(ignored)) {
      found.push_back(it->path());
    }
  }
  if (error) return fail(ErrorKind::io, "reading " + directory.string() + ": " + error.message());
  std::ranges::sort(found);
  return found;
}

Result<UniqueFd> unnamed_file(const fs::path& directory) {
  if (auto file = open_file(directory, O_TMPFILE | O_RDWR)) return file;
  std::string name = (directory / "unnamed-XXXXXX").string();  // file systems without O_TMPFILE
  UniqueFd file(::mkostemp(name.data(), O_CLOEXEC));
  if (!file) return tl::unexpected<Error>(errno_error("making a file in " + directory.string()));
  ::unlink(name.c_str());
  return file;
}

Result<void> write_file_atomically(const fs::path& path, std::string_view content) {
  TemporaryFile temporary(fs::path(path.string() + ".tmp-" + random_id()));
  if (auto written = write_new_file(temporary.path(), content); !written) return written;
  if (::rename(temporary.path().c_str(), path.c_str()) != 0) {
    return tl::unexpected<Error>(
        errno_error("renaming " + temporary.path().string() + " to " + path.string()));
  }
  temporary.keep();
  const fs::path parent = parent_of(path);
  const auto dir = open_file(parent, O_RDONLY | O_DIRECTORY);
  if (!dir) return tl::unexpected<Error>(dir.error());
  return sync(dir->get(), parent);
}

}  // namespace portcullis::util
