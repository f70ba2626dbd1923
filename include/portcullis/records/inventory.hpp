// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "portcullis/oci/digest.hpp"
#include "portcullis/util/clock.hpp"
#include "portcullis/util/result.hpp"

namespace portcullis::records {

/// An executable or script in a layer.
struct LayerFile {
  std::string path = {};  ///< as findings name it, raw
  std::string hash = {};  ///< sha256, lower-case hex
  std::uint64_t size = 0;
  std::string type = {};  ///< "elf", "pe", "script", ...
};

inline constexpr std::size_t kMaxLayerFiles = 100'000;

struct LayerInventory {
  oci::Digest layer;
  std::vector<LayerFile> files = {};
  bool truncated = false;  ///< the layer has more of them
  util::TimePoint at{};
};

/// Threads and errors as in Records.
class Inventory {
 public:
  virtual ~Inventory() = default;

  /// Replaces what was known of the layer, in several transactions, so that other writers get their turn;
  /// after a failure in the middle the layer counts as not known, and the next call starts anew. What is
  /// over kMaxLayerFiles is left out and the inventory marked as truncated.
  virtual util::Result<void> put(const LayerInventory& inventory) = 0;
  virtual util::Result<bool> known(const oci::Digest& layer) = 0;
  /// By path, after `after_path`.
  virtual util::Result<std::vector<LayerFile>> files(const oci::Digest& layer, const std::string& after_path,
                                                     std::size_t limit) = 0;
};

}  // namespace portcullis::records
