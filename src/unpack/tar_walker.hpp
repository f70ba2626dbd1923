// SPDX-License-Identifier: Apache-2.0
//
// The canonical-layer check: our own strict reader of tar. It lets through only what every reader
// known to unpack layers (Go's archive/tar, libarchive, Python, GNU tar) reads alike, and what it
// says of names, types, sizes and boundaries is the truth the rest of the scanner works with.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "pax.hpp"
#include "portcullis/unpack/layer.hpp"
#include "problem.hpp"
#include "tar_header.hpp"

namespace portcullis::unpack {

/// What the walker finds, in stream order. A problem returned from here ends the walk.
class TarSink {
 public:
  virtual ~TarSink() = default;
  virtual Checked<void> entry(const Entry& entry) = 0;
  virtual Checked<void> data(std::span<const std::byte> bytes) = 0;  ///< of the last entry, a file
  virtual Checked<void> end_of_file() = 0;                           ///< once for each regular file
};

class TarWalker {
 public:
  /// Extended headers in front of one entry: with the entry's own header this is as deep as
  /// libarchive goes.
  static constexpr std::size_t kMaxExtendedHeaders = 31;

  TarWalker(const Limits& limits, TarSink& sink) : limits_(limits), sink_(sink) {}

  /// The next bytes of the stream, cut anywhere.
  Checked<void> feed(std::span<const std::byte> bytes);
  /// The stream is over: was that a place where it may end?
  Checked<void> finish() const;
  /// Bytes of padding that the stream ended without, after its last file: not content, not a loss.
  std::size_t missing_padding() const noexcept {
    return state_ == State::padding ? static_cast<std::size_t>(remaining_) : 0;
  }

  std::uint64_t entries() const noexcept { return entries_; }

 private:
  enum class State { header, extended_body, file_body, padding, one_zero_block, trailer };

  /// Extended headers seen since the last entry.
  struct Pending {
    std::uint64_t first_offset = 0;
    std::size_t headers = 0;
    std::uint64_t bytes = 0;
    std::optional<PaxOverrides> pax;
    std::optional<std::string> long_name;
    std::optional<std::string> long_link;
    bool names_entry() const { return pax || long_name || long_link; }
  };

  Checked<void> take_block(TarBlock block);
  Checked<void> take_header(TarBlock block);
  Checked<void> begin_extended(const TarHeader& header);
  Checked<void> finish_extended();
  Checked<void> store_long(std::optional<std::string>& target);
  Checked<void> begin_entry(TarHeader header);
  Checked<void> apply_pending(TarHeader& header) const;
  Checked<void> check_entry(const TarHeader& header) const;
  Checked<void> finish_file();
  void skip_padding(std::uint64_t size);

  const Limits limits_;
  TarSink& sink_;
  State state_ = State::header;
  std::uint64_t offset_ = 0;         ///< bytes consumed
  std::uint64_t header_offset_ = 0;  ///< of the header being worked on
  std::uint64_t remaining_ = 0;      ///< of the body or padding
  std::uint64_t body_size_ = 0;
  std::array<std::byte, kTarBlock> block_{};  ///< a block that came in pieces
  std::size_t block_filled_ = 0;
  char extended_type_ = 'x';
  std::string extended_body_;
  Pending pending_;
  std::uint64_t entries_ = 0;
};

}  // namespace portcullis::unpack
