// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "portcullis/findings/layer_file.hpp"
#include "portcullis/oci/digest.hpp"
#include "portcullis/util/clock.hpp"
#include "portcullis/util/result.hpp"

namespace portcullis::records {

using findings::kMaxLayerFiles;
using findings::LayerFile;

struct LayerInventory {
  oci::Digest layer;
  std::vector<LayerFile> files = {};
  bool truncated = false;  ///< the layer has more of them
  util::TimePoint at{};
};

/// `in_part`: an inventory that was marked as truncated.
enum class InventoryState { unknown, in_part, whole };

/// Threads and errors as in Records.
class Inventory {
 public:
  virtual ~Inventory() = default;

  /// Replaces what was known of the layer, in several transactions, so that other writers get their turn;
  /// after a failure in the middle the layer counts as not known, and the next call starts anew. What is
  /// over kMaxLayerFiles is left out and the inventory marked as truncated.
  virtual util::Result<void> put(const LayerInventory& inventory) = 0;
  virtual util::Result<InventoryState> state(const oci::Digest& layer) = 0;
  /// By path, after `after_path`.
  virtual util::Result<std::vector<LayerFile>> files(const oci::Digest& layer, const std::string& after_path,
                                                     std::size_t limit) = 0;
  /// Paths of all its setuid files, sorted; nullopt when not all of them are known: the inventory is not
  /// whole, or a version wrote it that did not look.
  virtual util::Result<std::optional<std::vector<std::string>>> setuid_files(const oci::Digest& layer) = 0;
};

}  // namespace portcullis::records
