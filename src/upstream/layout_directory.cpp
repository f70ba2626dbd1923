// SPDX-License-Identifier: Apache-2.0
#include "layout_directory.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <span>

#include "portcullis/oci/manifest.hpp"

namespace portcullis::upstream {
namespace {

namespace fs = std::filesystem;
using util::ErrorKind;

tl::unexpected<util::Error> cannot_open(const fs::path& path) {
  if (errno == ENOENT) {
    return util::fail(ErrorKind::absent, path.string() + " is missing from the image layout");
  }
  if (errno == ELOOP || errno == ENOTDIR) {
    return util::fail(ErrorKind::corrupt, path.string() +
                                              " is a symbolic link or not what its place in an image "
                                              "layout asks for, refused; copy the image (e.g. skopeo copy)");
  }
  return tl::unexpected(util::errno_error("opening " + path.string()));
}

}  // namespace

util::Result<std::unique_ptr<LayoutFiles>> LayoutDirectory::open(const fs::path& directory) {
  util::UniqueFd root(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root) return tl::unexpected(util::errno_error("opening the image layout " + directory.string()));
  return std::unique_ptr<LayoutFiles>(new LayoutDirectory(directory, std::move(root)));
}

util::Result<LayoutDirectory::File> LayoutDirectory::open_file(const fs::path& relative) const {
  util::UniqueFd parent;
  int at = root_.get();
  for (const fs::path& component : relative.parent_path()) {
    util::UniqueFd next(::openat(at, component.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!next) return cannot_open(directory_ / relative);
    parent = std::move(next);
    at = parent.get();
  }
  File file;
  // O_NONBLOCK: opening a fifo must not wait for its other end.
  file.fd.reset(::openat(at, relative.filename().c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file.fd) return cannot_open(directory_ / relative);
  struct stat status {};
  if (::fstat(file.fd.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return util::fail(ErrorKind::corrupt, (directory_ / relative).string() + " is not a regular file");
  }
  file.size = static_cast<std::uint64_t>(status.st_size);
  return file;
}

util::Result<std::string> LayoutDirectory::document(const std::string& path) const {
  auto file = open_file(path);
  if (!file) return tl::unexpected(file.error());
  if (file->size > oci::kMaxDocumentBytes) {
    return util::fail(ErrorKind::limit, (directory_ / path).string() + " is larger than 4 MiB");
  }
  std::string text(static_cast<std::size_t>(file->size), '\0');
  auto got = util::read_full(file->fd.get(), std::as_writable_bytes(std::span<char>(text)));
  if (!got) return tl::unexpected(got.error());
  text.resize(*got);
  return text;
}

util::Result<std::uint64_t> LayoutDirectory::size(const std::string& path) const {
  auto file = open_file(path);
  if (!file) return tl::unexpected(file.error());
  return file->size;
}

util::Result<void> LayoutDirectory::read(const std::string& path, util::ByteSink& sink) const {
  constexpr std::size_t kPiece = 256 * 1024;
  auto file = open_file(path);
  if (!file) return tl::unexpected(file.error());
  std::vector<std::byte> piece(kPiece);
  for (;;) {
    const auto got = util::read_full(file->fd.get(), piece);
    if (!got) return tl::unexpected(got.error());
    if (*got == 0) return {};
    if (auto written = sink.write(std::span(piece).first(*got)); !written) return written;
  }
}

}  // namespace portcullis::upstream
