// SPDX-License-Identifier: Apache-2.0
#include "archive_file.hpp"

#include <sys/stat.h>

#include <algorithm>

#include "portcullis/oci/manifest.hpp"
#include "portcullis/util/safe_text.hpp"

namespace portcullis::cli {
namespace {

using scan::ArchiveEntryType;
using util::ErrorKind;

/// From link to link. Docker's own archives have one; a chain is somebody's joke.
constexpr int kMostLinks = 8;

/// A file from its start, whatever its position.
class WholeFile final : public util::ByteSource {
 public:
  WholeFile(int file, std::uint64_t size) : file_(file), left_(size) {}

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
  std::uint64_t at_ = 0;
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

util::Result<std::shared_ptr<const ArchiveFile>> ArchiveFile::open(util::UniqueFd file, std::string name,
                                                                   scan::Service& scanner,
                                                                   Activity& activity) {
  std::shared_ptr<ArchiveFile> archive(new ArchiveFile(std::move(file), std::move(name), scanner, activity));
  if (auto listed = archive->list(); !listed) return util::fail(archive->name_, listed.error());
  return archive;
}

util::Result<void> ArchiveFile::list() {
  struct stat status {};
  if (fstat(file_.get(), &status) != 0) return tl::unexpected(util::errno_error("looking at it"));
  if (!S_ISREG(status.st_mode)) return util::fail(ErrorKind::invalid, "it is not a regular file");
  size_ = static_cast<std::uint64_t>(status.st_size);
  if (size_ == 0) return util::fail(ErrorKind::corrupt, "it is empty (0 bytes), so there is no image in it");
  activity_.begin("looking into the archive", size_);
  WholeFile bytes(file_.get(), size_);
  CountedSource source(bytes, activity_);
  auto entries = scanner_.list_archive(source);
  if (!entries) return util::fail("it cannot be read as an archive", entries.error());
  for (auto& entry : *entries) entries_.emplace(entry.name, std::move(entry));
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
    if (entry.type == ArchiveEntryType::file) return Member{entry.name, entry.size};
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
  const std::string where = name_ + ": \"" + util::safe_text(member.name) + "\"";
  WholeFile whole(file_.get(), size_);
  auto done = scanner_.read_archive_member(whole, member.name, member.size, sink);
  if (!done) return util::fail(where, done.error());
  return {};
}

}  // namespace portcullis::cli
