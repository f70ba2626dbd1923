// SPDX-License-Identifier: Apache-2.0
//
// The only file that speaks libarchive. A reader is used by one thread, opened once, and throws
// nothing; several readers may be used at the same time by different threads. Only the formats
// asked for are compiled in, and none of them opens a file or starts a program.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "portcullis/unpack/layer.hpp"

struct archive;
struct archive_entry;

namespace portcullis::unpack {

/// Bytes for a reader, pulled as it needs them.
class BlockSource {
 public:
  virtual ~BlockSource() = default;
  /// Empty at the end, nothing on failure (which the source remembers). Must not throw.
  virtual std::optional<std::span<const std::byte>> next_block() noexcept = 0;
};

enum class ArchiveFormat {
  tar,
  concatenated_tar,  ///< zero blocks do not end it
  zip,
  seven_zip,
  ar,
  cpio,
  raw,  ///< the bytes under the compression, as one member
};

/// Compressions and wrappers taken off before the format is read.
enum class Filters { none, all };

enum class ReadStatus {
  ok,
  end,
  warning,  ///< the member was delivered, but not quite as it is in the archive
  failed,   ///< this member could not be read; the next one can be tried
  fatal,
};

class ArchiveReader {
 public:
  struct Member {
    std::optional<EntryType> type;  ///< nothing: a type that layers do not have
    std::string path;
    std::string link;
    std::optional<std::uint64_t> size;
    std::uint64_t offset = 0;  ///< of the first header in the uncompressed stream
    std::uint32_t mode = 0;
    bool encrypted = false;
    bool sparse = false;
  };
  struct Data {
    std::span<const std::byte> bytes;  ///< valid until the next call
    std::uint64_t offset = 0;
  };

  ArchiveReader(ArchiveFormat format, Filters filters);
  ~ArchiveReader();
  ArchiveReader(const ArchiveReader&) = delete;
  ArchiveReader& operator=(const ArchiveReader&) = delete;

  /// `source` or `content` must outlive the reader.
  ReadStatus open(BlockSource& source);
  ReadStatus open(std::span<const std::byte> content);

  ReadStatus next(Member& member);
  ReadStatus read(Data& data);

  /// How libarchive spells a UTF-8 name out of a pax header: it turns it into Unicode form C, which is
  /// another file name, and has no switch for that.
  static std::string spelling_of(const std::string& name);

  /// What libarchive said of the last failure or warning.
  std::string error() const;
  bool met_encryption() const;
  /// Compressions found under the format; 0 for a plain archive.
  int filter_count() const;

 private:
  void enable(ArchiveFormat format);
  void enable_filters();
  ReadStatus opened(int code);
  ReadStatus status(int code) const;

  struct archive* handle_;
  /// libarchive 3.6 leaves its format pointer behind the end of its table when no format fits, and
  /// then calls what it finds there when it is asked about encryption.
  bool opened_ = false;
};

}  // namespace portcullis::unpack
