// SPDX-License-Identifier: Apache-2.0
//
// What is known to be clean, under one scan profile: a set of 32-byte keys, each of which stands for
// one statement about one file. The server owns the set and writes it as immutable generation files;
// a worker gets the newest one as a descriptor and looks keys up in a read-only mapping.
//
// A generation file is, in the byte order of the machine:
//   header     KnownCleanHeader
//   layers     `layers` labels of kMaxLayerLabel bytes, padded with zeros, oldest contributor first
//   keys       `entries` keys of 32 bytes, ascending
//   owners     `entries` 32-bit numbers: which layer contributed the key
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "portcullis/util/fd.hpp"

namespace portcullis::scan {

using CleanKey = std::array<std::byte, 32>;

/// The content rules find nothing in a file with this hash (64 hex digits), and it is no archive, so
/// that there is nothing to open.
CleanKey plain_key(std::string_view file_hash);
/// The content rules find nothing in the bytes of this archive. Says nothing about its members.
CleanKey archive_bytes_key(std::string_view file_hash);
/// The path rules find nothing in it when their externals have these values.
CleanKey path_key(std::string_view file_hash, std::string_view external_values);
/// It is an archive that opens to its end at this nesting depth, nothing is found in its members, and none of
/// them belongs into a file inventory: so it need not be opened.
/// The values are part of it because members have the archive's path in theirs.
CleanKey members_key(std::string_view file_hash, std::string_view external_values, std::uint32_t depth);
/// The same of an archive some of whose members nobody looked at, because the table knows them. That holds
/// while none of what it rests on is taken back: for one epoch of the table.
CleanKey leaning_members_key(std::string_view file_hash, std::string_view external_values,
                             std::uint32_t depth, std::string_view epoch);

inline constexpr std::size_t kMaxLayerLabel = 144;  ///< `sha512:` and its digits fit
inline constexpr std::size_t kMaxProfileId = 40;
inline constexpr std::size_t kEpochSize = 16;

struct KnownCleanHeader {
  std::array<char, 8> magic{};
  std::uint32_t version = 0;
  std::uint32_t layers = 0;
  std::uint64_t entries = 0;
  std::array<char, kMaxProfileId> profile{};
  std::array<char, kEpochSize> epoch{};  ///< another one whenever a key of the generation before is not in it
};
static_assert(sizeof(KnownCleanHeader) == 80);

/// The header of a generation for `profile`; `epoch` has kEpochSize characters.
KnownCleanHeader make_known_clean_header(std::string_view profile, std::string_view epoch,
                                         std::uint32_t layers, std::uint64_t entries);

/// One generation, mapped read-only. Thread-safe. The file must never be written to again.
class KnownCleanTable {
 public:
  /// Nullopt for anything that is not a whole generation of `profile` (the /dev/null that stands for
  /// "none" included): then there is no table, which only costs time. The descriptor stays the caller's.
  static std::optional<KnownCleanTable> map(int fd, std::string_view profile);
  ~KnownCleanTable();
  KnownCleanTable(KnownCleanTable&& other) noexcept;
  KnownCleanTable& operator=(KnownCleanTable&&) = delete;

  bool contains(const CleanKey& key) const;
  std::string_view epoch() const { return {epoch_.data(), epoch_.size()}; }

  std::span<const CleanKey> keys() const { return keys_; }
  /// Parallel to keys(); a number may be out of range in a file that was tampered with.
  std::span<const std::uint32_t> owners() const { return owners_; }
  std::size_t layers() const { return labels_.size() / kMaxLayerLabel; }
  std::string_view label(std::size_t layer) const;
  /// Who contributed `key`; empty when nobody did.
  std::string_view contributor(const CleanKey& key) const;

 private:
  KnownCleanTable(void* address, std::size_t size, const KnownCleanHeader& header);
  std::optional<std::size_t> find(const CleanKey& key) const;

  void* address_;
  std::size_t size_;
  std::array<char, kEpochSize> epoch_;
  std::string_view labels_;
  std::span<const CleanKey> keys_;
  std::span<const std::uint32_t> owners_;
};

}  // namespace portcullis::scan
