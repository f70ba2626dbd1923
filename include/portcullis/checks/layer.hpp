// SPDX-License-Identifier: Apache-2.0
//
// Judges the structure of one layer without rules: what its entries are, where they lie, and what the
// account and preload files say. Severities follow one principle: high only for what no clean image
// has, because a block on a clean image is the worst this product can do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "portcullis/findings/finding.hpp"

namespace portcullis::checks {

enum class EntryType { file, hardlink, symlink, character_device, block_device, directory, fifo };

/// One entry as it stands in the layer. The texts are raw and need to live for the call only.
struct Entry {
  EntryType type = EntryType::file;
  std::string_view path = {};
  std::string_view link = {};  ///< target of a hardlink or symlink
  std::uint32_t mode = 0;
  std::uint64_t uid = 0;
  std::uint64_t gid = 0;
  std::uint64_t size = 0;
  std::uint64_t device_major = 0;  ///< of a device
  std::uint64_t device_minor = 0;
  std::uint64_t offset = 0;  ///< in the tar stream
};

/// One a layer, fed in stream order on one thread. Memory is bounded: of paths only hashes are kept,
/// and beyond kMaxRemembered of them duplicates and links are no longer noticed (everything else is).
class LayerChecks {
 public:
  static constexpr std::size_t kMaxRemembered = 1u << 18;
  /// Findings of one check in one layer; what is over is counted in a last finding.
  static constexpr std::size_t kMaxFindingsOfCheck = 50;

  using Report = std::function<void(findings::Finding)>;
  explicit LayerChecks(Report report);
  ~LayerChecks();
  LayerChecks(const LayerChecks&) = delete;
  LayerChecks& operator=(const LayerChecks&) = delete;

  void entry(const Entry& entry);
  /// Content of a regular file, after its entry(). Files that no check reads cost a comparison.
  void content(std::string_view path, std::span<const std::byte> bytes);
  /// After the last entry, however the layer ended.
  void finish();

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace portcullis::checks
