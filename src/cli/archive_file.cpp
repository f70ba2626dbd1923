// SPDX-License-Identifier: Apache-2.0
#include "archive_file.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <vector>

#include "portcullis/oci/manifest.hpp"
#include "portcullis/util/safe_text.hpp"
#include "spool_file.hpp"

namespace portcullis::cli {
namespace {

using scan::ArchiveEntryType;
using util::ErrorKind;

/// From link to link. Docker's own archives have one; a chain is somebody's joke.
constexpr int kMostLinks = 8;

/// Part of a file, whatever its position.
class FileRange final : public util::ByteSource {
 public:
  FileRange(int file, std::uint64_t from, std::uint64_t size) : file_(file), at_(from), left_(size) {}

  util::Result<std::size_t> read(std::span<std::byte> buffer) override {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(left_, buffer.size()));
    if (wanted == 0) return 0;
    auto got = util::read_full_at(file_, buffer.first(wanted), at_);
    if (!got) return got;
    if (*got == 0) return util::fail(ErrorKind::corrupt, "it became shorter while it was read");
    at_ += *got;
    left_ -= *got;
    return got;
  }

 private:
  int file_;
  std::uint64_t at_;
  std::uint64_t left_;
};

class StringSink final : public util::ByteSink {
 public:
  util::Result<void> write(std::span<const std::byte> bytes) override {
    text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return {};
  }
  std::string text;
};

util::Result<std::uint64_t> regular_size(int file) {
  struct stat status {};
  if (fstat(file, &status) != 0) return tl::unexpected(util::errno_error("looking at it"));
  if (!S_ISREG(status.st_mode)) return util::fail(ErrorKind::invalid, "it is not a regular file");
  return static_cast<std::uint64_t>(status.st_size);
}

/// Where the link `name` leads, by its text; empty when out of the archive.
std::string target_of(const std::string& name, const std::string& link) {
  if (link.starts_with('/')) return {};
  const auto slash = name.rfind('/');
  std::string path = slash == std::string::npos ? "" : name.substr(0, slash);
  for (std::size_t at = 0; at <= link.size();) {
    const std::size_t end = std::min(link.find('/', at), link.size());
    const std::string part = link.substr(at, end - at);
    at = end + 1;
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      if (path.empty()) return {};
      const auto last = path.rfind('/');
      path.resize(last == std::string::npos ? 0 : last);
      continue;
    }
    path.append(path.empty() ? "" : "/").append(part);
  }
  return path;
}

}  // namespace

util::Result<std::shared_ptr<const ArchiveFile>> ArchiveFile::open(const ScanContext& context,
                                                                   util::UniqueFd file, std::string name) {
  std::shared_ptr<ArchiveFile> archive(new ArchiveFile(std::move(file), std::move(name)));
  if (auto listed = archive->list(context); !listed) return util::fail(archive->name_, listed.error());
  return archive;
}

util::Result<void> ArchiveFile::list(const ScanContext& context) {
  auto size = regular_size(file_.get());
  if (!size) return tl::unexpected(size.error());
  if (*size == 0) return util::fail(ErrorKind::corrupt, "it is empty (0 bytes), so there is no image in it");
  context.activity.begin("looking into the archive", *size);
  FileRange bytes(file_.get(), 0, *size);
  CountedSource source(bytes, context.activity);
  SpoolFile unpacked(context.settings.config.data, context.settings.config.scan.limits.unpacked_bytes);
  auto listing = context.stack.scanner().list_archive(source, unpacked);
  if (!listing) return util::fail("it cannot be read as an archive", listing.error());
  if (listing->content == scan::ArchiveListing::Content::unpacked) {
    auto file = unpacked.take();
    if (!file) return tl::unexpected(file.error());
    file_ = *std::move(file);
    size = regular_size(file_.get());
    if (!size) return tl::unexpected(size.error());
  }
  for (auto& entry : listing->entries) {
    const bool inside = entry.size <= *size && entry.content <= *size - entry.size;
    if (entry.type == ArchiveEntryType::file && !inside) {
      return util::fail(ErrorKind::corrupt,
                        "\"" + util::safe_text(entry.name) + "\" in it ends behind its end");
    }
    entries_.emplace(entry.name, std::move(entry));
  }
  return {};
}

util::Result<ArchiveFile::Member> ArchiveFile::find(const std::string& wanted, Links links) const {
  std::string name = wanted;
  for (int followed = 0; followed <= kMostLinks; ++followed) {
    const auto found = entries_.find(name);
    const std::string what = "\"" + util::safe_text(wanted) + "\"" +
                             (name == wanted ? "" : ", which leads to \"" + util::safe_text(name) + "\",");
    if (found == entries_.end())
      return util::fail(ErrorKind::absent, name_ + ": " + what + " is missing in it");
    const scan::ArchiveEntry& entry = found->second;
    if (entry.type == ArchiveEntryType::file) return Member{entry.name, entry.size, entry.content};
    const bool link = entry.type == ArchiveEntryType::symlink || entry.type == ArchiveEntryType::hardlink;
    if (!link || links == Links::refuse) {
      return util::fail(ErrorKind::corrupt, name_ + ": " + what + " is not a regular file");
    }
    name = entry.type == ArchiveEntryType::symlink ? target_of(entry.name, entry.link)
                                                   : target_of("", entry.link);
    if (name.empty())
      return util::fail(ErrorKind::corrupt, name_ + ": " + what + " leads out of the archive");
  }
  return util::fail(ErrorKind::corrupt, name_ + ": \"" + util::safe_text(wanted) +
                                            "\" is a link to a link to a link without an end");
}

util::Result<std::string> ArchiveFile::document(const Member& member) const {
  if (member.size > oci::kMaxDocumentBytes) {
    return util::fail(ErrorKind::limit,
                      name_ + ": \"" + util::safe_text(member.name) + "\" is larger than 4 MiB");
  }
  StringSink sink;
  if (auto done = read(member, sink); !done) return tl::unexpected(done.error());
  return std::move(sink.text);
}

util::Result<void> ArchiveFile::read(const Member& member, util::ByteSink& sink) const {
  constexpr std::size_t kPiece = 256 * 1024;
  std::vector<std::byte> piece(static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, member.size + 1)));
  FileRange range(file_.get(), member.content, member.size);
  for (;;) {
    const auto got = range.read(piece);
    if (!got) return util::fail(name_ + ": \"" + util::safe_text(member.name) + "\"", got.error());
    if (*got == 0) return {};
    if (auto written = sink.write(std::span(piece).first(*got)); !written) return written;
  }
}

}  // namespace portcullis::cli
