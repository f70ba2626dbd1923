// SPDX-License-Identifier: Apache-2.0
#include "archive_reader.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <new>
#include <string_view>

namespace portcullis::unpack {
namespace {

la_ssize_t read_block(archive* handle, void* context, const void** buffer) {
  const auto block = static_cast<BlockSource*>(context)->next_block();
  if (!block) {
    archive_set_error(handle, EIO, "the source of the stream failed");
    return -1;
  }
  *buffer = block->data();
  return static_cast<la_ssize_t>(block->size());
}

std::optional<EntryType> type_of(archive_entry* entry) {
  if (archive_entry_hardlink(entry) != nullptr) return EntryType::hardlink;
  switch (archive_entry_filetype(entry)) {
    case AE_IFREG:
      return EntryType::file;
    case AE_IFLNK:
      return EntryType::symlink;
    case AE_IFCHR:
      return EntryType::character_device;
    case AE_IFBLK:
      return EntryType::block_device;
    case AE_IFDIR:
      return EntryType::directory;
    case AE_IFIFO:
      return EntryType::fifo;
    default:
      return std::nullopt;
  }
}

/// Names that cannot be shown in the locale are there all the same, as the bytes of the archive.
bool is_about_character_sets(std::string_view message) {
  return message.find("can't be converted") != std::string_view::npos ||
         message.find("cannot be converted") != std::string_view::npos ||
         message.find("can't be translated") != std::string_view::npos;
}

std::string first_of(const char* one, const char* other) {
  if (one != nullptr) return one;
  return other != nullptr ? other : "";
}

}  // namespace

ArchiveReader::ArchiveReader(ArchiveFormat format, Filters filters) : handle_(archive_read_new()) {
  if (handle_ == nullptr) throw std::bad_alloc();
  enable(format);
  if (filters == Filters::all) enable_filters();
}

ArchiveReader::~ArchiveReader() { archive_read_free(handle_); }

void ArchiveReader::enable(ArchiveFormat format) {
  switch (format) {
    case ArchiveFormat::tar:
    case ArchiveFormat::concatenated_tar:
      archive_read_support_format_tar(handle_);
      archive_read_support_format_empty(handle_);
      if (format == ArchiveFormat::concatenated_tar)
        archive_read_set_format_option(handle_, "tar", "read_concatenated_archives", "1");
      break;
    case ArchiveFormat::zip:
      archive_read_support_format_zip(handle_);
      break;
    case ArchiveFormat::seven_zip:
      archive_read_support_format_7zip(handle_);
      break;
    case ArchiveFormat::ar:
      archive_read_support_format_ar(handle_);
      break;
    case ArchiveFormat::cpio:
      archive_read_support_format_cpio(handle_);
      break;
    case ArchiveFormat::raw:
      archive_read_support_format_raw(handle_);
      archive_read_support_format_empty(handle_);
      break;
  }
}

void ArchiveReader::enable_filters() {
  archive_read_support_filter_gzip(handle_);
  archive_read_support_filter_bzip2(handle_);
  archive_read_support_filter_xz(handle_);
  archive_read_support_filter_zstd(handle_);
  archive_read_support_filter_rpm(handle_);
}

ReadStatus ArchiveReader::open(BlockSource& source) {
  return opened(archive_read_open(handle_, &source, nullptr, read_block, nullptr));
}

ReadStatus ArchiveReader::open(std::span<const std::byte> content) {
  return opened(archive_read_open_memory(handle_, content.data(), content.size()));
}

ReadStatus ArchiveReader::opened(int code) {
  const ReadStatus result = status(code);
  opened_ = result == ReadStatus::ok || result == ReadStatus::warning;
  return result;
}

ReadStatus ArchiveReader::next(Member& member) {
  archive_entry* entry = nullptr;
  const ReadStatus result = status(archive_read_next_header(handle_, &entry));
  if (result != ReadStatus::ok && result != ReadStatus::warning) return result;
  member = {};
  member.type = type_of(entry);
  member.path = first_of(archive_entry_pathname(entry), archive_entry_pathname_utf8(entry));
  if (member.type == EntryType::hardlink)
    member.link = first_of(archive_entry_hardlink(entry), archive_entry_hardlink_utf8(entry));
  if (member.type == EntryType::symlink)
    member.link = first_of(archive_entry_symlink(entry), archive_entry_symlink_utf8(entry));
  if (archive_entry_size_is_set(entry) != 0)
    member.size = static_cast<std::uint64_t>(archive_entry_size(entry));
  member.offset = static_cast<std::uint64_t>(archive_read_header_position(handle_));
  member.mode = archive_entry_perm(entry);
  member.encrypted =
      archive_entry_is_data_encrypted(entry) != 0 || archive_entry_is_metadata_encrypted(entry) != 0;
  member.sparse = archive_entry_sparse_count(entry) > 0;
  return result;
}

ReadStatus ArchiveReader::read(Data& data) {
  const void* buffer = nullptr;
  std::size_t size = 0;
  la_int64_t offset = 0;
  const ReadStatus result = status(archive_read_data_block(handle_, &buffer, &size, &offset));
  data.bytes = {static_cast<const std::byte*>(buffer), size};
  data.offset = static_cast<std::uint64_t>(offset);
  return result;
}

std::string ArchiveReader::error() const {
  const char* text = archive_error_string(handle_);
  return text != nullptr ? text : "no reason given";
}

bool ArchiveReader::met_encryption() const {
  return opened_ && archive_read_has_encrypted_entries(handle_) > 0;
}

int ArchiveReader::filter_count() const { return archive_filter_count(handle_) - 1; }

ReadStatus ArchiveReader::status(int code) const {
  switch (code) {
    case ARCHIVE_OK:
      return ReadStatus::ok;
    case ARCHIVE_EOF:
      return ReadStatus::end;
    case ARCHIVE_WARN:
      return is_about_character_sets(error()) ? ReadStatus::ok : ReadStatus::warning;
    case ARCHIVE_RETRY:
    case ARCHIVE_FAILED:
      return ReadStatus::failed;
    default:
      return ReadStatus::fatal;
  }
}

std::string ArchiveReader::spelling_of(const std::string& name) {
  // A cpio of one empty file goes the same way as a pax header, and is easily written.
  std::array<char, 128> header{};
  std::snprintf(header.data(), header.size(), "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08zx%08x",
                1u, 0100644u, 0u, 0u, 1u, 0u, 0u, 0u, 0u, 0u, 0u, name.size() + 1, 0u);
  std::string cpio = header.data() + name;
  cpio.append(4 + (4 - (cpio.size() + 1) % 4) % 4, '\0');
  ArchiveReader reader(ArchiveFormat::cpio, Filters::none);
  archive_read_set_format_option(reader.handle_, "cpio", "hdrcharset", "UTF-8");
  ArchiveReader::Member member;
  const auto* bytes = reinterpret_cast<const std::byte*>(cpio.data());
  if (reader.open({bytes, cpio.size()}) != ReadStatus::ok || reader.next(member) != ReadStatus::ok)
    return name;
  return member.path;
}

}  // namespace portcullis::unpack
