// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "portcullis/findings/layer_file.hpp"
#include "portcullis/records/inventory.hpp"

namespace portcullis::cli {

/// Whether reports say which executables and scripts are in each layer.
enum class Contents { none, listed };

/// Those of a layer that was scanned; nullopt when they are not known, or cannot be read.
std::optional<findings::LayerFiles> files_in(const std::string& layer, records::Inventory& inventory);

}  // namespace portcullis::cli
