// SPDX-License-Identifier: Apache-2.0
#include "portcullis/scan/known_clean.hpp"

#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "portcullis/util/hash.hpp"

namespace portcullis::scan {
namespace {

constexpr std::array<char, 8> kMagic = {'P', 'C', 'K', 'C', 'L', 'E', 'A', 'N'};
constexpr std::uint32_t kVersion = 2;
constexpr std::size_t kEntrySize = sizeof(CleanKey) + sizeof(std::uint32_t);

unsigned digit(char c) { return static_cast<unsigned>(c >= 'a' ? c - 'a' + 10 : c - '0'); }

CleanKey from_hex(std::string_view hex) {
  CleanKey key{};
  if (hex.size() != 2 * key.size()) return key;
  for (std::size_t i = 0; i < key.size(); ++i) {
    key[i] = static_cast<std::byte>(digit(hex[2 * i]) << 4 | digit(hex[2 * i + 1]));
  }
  return key;
}

/// Never the bare hash of a file: its content could then be made to spell the preimage of another key.
CleanKey derived(std::string_view kind, std::string_view file_hash, std::string_view rest) {
  util::Hasher hasher;
  hasher.update(kind);
  hasher.update(file_hash);
  hasher.update(rest);
  return from_hex(hasher.finish_hex());
}

std::string_view text_of(std::string_view padded) { return padded.substr(0, padded.find('\0')); }

}  // namespace

CleanKey plain_key(std::string_view file_hash) { return derived("plain ", file_hash, {}); }

CleanKey archive_bytes_key(std::string_view file_hash) { return derived("archive ", file_hash, {}); }

CleanKey path_key(std::string_view file_hash, std::string_view external_values) {
  return derived("path ", file_hash, external_values);
}

CleanKey members_key(std::string_view file_hash, std::string_view external_values, std::uint32_t depth) {
  return derived("unlisted members ", file_hash, std::to_string(depth) + ' ' + std::string(external_values));
}

CleanKey leaning_members_key(std::string_view file_hash, std::string_view external_values,
                             std::uint32_t depth, std::string_view epoch) {
  return derived("leaning ", file_hash,
                 std::string(epoch) + ' ' + std::to_string(depth) + ' ' + std::string(external_values));
}

KnownCleanHeader make_known_clean_header(std::string_view profile, std::string_view epoch,
                                         std::uint32_t layers, std::uint64_t entries) {
  KnownCleanHeader header;
  header.magic = kMagic;
  header.version = kVersion;
  header.layers = layers;
  header.entries = entries;
  std::ranges::copy(profile.substr(0, header.profile.size()), header.profile.begin());
  std::ranges::copy(epoch.substr(0, header.epoch.size()), header.epoch.begin());
  return header;
}

std::optional<KnownCleanTable> KnownCleanTable::map(int fd, std::string_view profile) {
  struct stat status {};
  if (profile.empty() || fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size < sizeof(KnownCleanHeader)) return std::nullopt;
  void* address = mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0);
  if (address == MAP_FAILED) return std::nullopt;
  KnownCleanHeader header;
  std::memcpy(&header, address, sizeof header);
  // The entries bound comes first: after it nothing below can overflow.
  const bool whole = header.magic == kMagic && header.version == kVersion &&
                     text_of({header.profile.data(), header.profile.size()}) == profile &&
                     header.entries <= size / kEntrySize &&
                     size == sizeof header + header.layers * kMaxLayerLabel + header.entries * kEntrySize;
  if (!whole) {
    munmap(address, size);
    return std::nullopt;
  }
  return KnownCleanTable(address, size, header);
}

KnownCleanTable::KnownCleanTable(void* address, std::size_t size, const KnownCleanHeader& header)
    : address_(address), size_(size), epoch_(header.epoch) {
  static_assert(kMaxLayerLabel % alignof(CleanKey) == 0 && sizeof(CleanKey) % alignof(std::uint32_t) == 0);
  const auto* at = static_cast<const char*>(address) + sizeof header;
  labels_ = {at, header.layers * kMaxLayerLabel};
  at += labels_.size();
  // Plain bytes and aligned numbers in a mapping: there is no object to construct.
  keys_ = {reinterpret_cast<const CleanKey*>(at), static_cast<std::size_t>(header.entries)};
  const void* owners = keys_.data() + keys_.size();
  owners_ = {static_cast<const std::uint32_t*>(owners), keys_.size()};
}

KnownCleanTable::KnownCleanTable(KnownCleanTable&& other) noexcept
    : address_(std::exchange(other.address_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      epoch_(other.epoch_),
      labels_(std::exchange(other.labels_, {})),
      keys_(std::exchange(other.keys_, {})),
      owners_(std::exchange(other.owners_, {})) {}

KnownCleanTable::~KnownCleanTable() {
  if (address_ != nullptr) munmap(address_, size_);
}

std::optional<std::size_t> KnownCleanTable::find(const CleanKey& key) const {
  const auto found = std::ranges::lower_bound(keys_, key);
  if (found == keys_.end() || *found != key) return std::nullopt;
  return static_cast<std::size_t>(found - keys_.begin());
}

bool KnownCleanTable::contains(const CleanKey& key) const { return find(key).has_value(); }

std::string_view KnownCleanTable::label(std::size_t layer) const {
  return text_of(labels_.substr(layer * kMaxLayerLabel, kMaxLayerLabel));
}

std::string_view KnownCleanTable::contributor(const CleanKey& key) const {
  const auto found = find(key);
  if (!found || owners_[*found] >= layers()) return {};
  return label(owners_[*found]);
}

}  // namespace portcullis::scan
