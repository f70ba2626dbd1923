// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "portcullis/scan/known_clean.hpp"
#include "portcullis/util/result.hpp"

namespace portcullis::scan {

/// What one layer adds.
struct Contribution {
  std::string label;
  std::vector<CleanKey> keys;
};

struct GenerationPlan {
  std::string profile;
  const KnownCleanTable* base = nullptr;  ///< the generation before; may be none
  std::vector<std::shared_ptr<const Contribution>> added;
  std::set<std::string, std::less<>> revoked;
  std::uint64_t max_bytes = 0;  ///< more: the oldest contributors are left out, with room to spare
};

/// Writes the generation to a new file at `path` and syncs it; whoever renames it makes it count. The
/// base is merged from its mapping, so memory is needed for the additions only.
util::Result<void> write_generation(const std::filesystem::path& path, const GenerationPlan& plan);

}  // namespace portcullis::scan
