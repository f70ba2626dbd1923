// SPDX-License-Identifier: Apache-2.0
//
// Runs the unpacking over bytes in memory and keeps everything that came out.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "portcullis/unpack/layer.hpp"
#include "portcullis/util/fd.hpp"
#include "portcullis/util/stream.hpp"

namespace portcullis::unpack {

class StringSource final : public util::ByteSource {
 public:
  /// Hands out at most `piece` bytes at a time.
  explicit StringSource(std::string_view bytes, std::size_t piece = SIZE_MAX)
      : bytes_(bytes), piece_(piece) {}
  util::Result<std::size_t> read(std::span<std::byte> buffer) override;

 private:
  std::string_view bytes_;
  std::size_t piece_;
};

/// `head`, then `zeros` zero bytes, then `tail`, without holding them.
class ZerosSource final : public util::ByteSource {
 public:
  ZerosSource(std::string head, std::uint64_t zeros, std::string tail)
      : head_(std::move(head)), zeros_(zeros), tail_(std::move(tail)) {}
  util::Result<std::size_t> read(std::span<std::byte> buffer) override;

 private:
  std::string head_;
  std::uint64_t zeros_;
  std::string tail_;
};

/// A spool on an unlinked temporary file of its own.
class TestSpool {
 public:
  TestSpool();
  Spool spool() const { return spool_; }
  int fd() const { return fd_.get(); }
  /// Bytes the file really takes on disk.
  std::uint64_t allocated() const;

 private:
  util::UniqueFd fd_;
  Spool spool_;
};

struct Unpacked final : Visitor {
  bool entry(const Entry& entry) override {
    entries.push_back(entry);
    return true;
  }
  bool file(File file) override {
    files.push_back(std::move(file));
    return files.size() < stop_after;
  }

  /// The file's bytes; fails the test when it did not come, or came twice.
  std::string content(std::string_view path) const;
  std::vector<std::string> paths() const;

  std::size_t stop_after = SIZE_MAX;
  std::vector<Entry> entries;
  std::vector<File> files;
  Ending ending;
};

std::string text_of(const Content& content);

/// `layer` as a blob of `media_type`.
Unpacked unpack(std::string_view layer, std::string_view media_type = {}, const Limits& limits = {});
/// Opens an archive, and the archives in it down to the depth limit, as the scanner does. The first
/// ending that is not complete is kept.
Unpacked open_all(std::string_view archive, std::string name = "archive", const Limits& limits = {});

}  // namespace portcullis::unpack
