// SPDX-License-Identifier: Apache-2.0
#include "scan_files.hpp"

#include <algorithm>
#include <iterator>

namespace portcullis::cli {

std::optional<findings::LayerFiles> files_in(const std::string& layer, records::Inventory& inventory) {
  constexpr std::size_t kPage = 10'000;
  const auto digest = oci::Digest::parse(layer);
  if (!digest) return std::nullopt;
  const auto state = inventory.state(*digest);
  if (!state || *state == records::InventoryState::unknown) return std::nullopt;
  findings::LayerFiles all{{}, *state == records::InventoryState::in_part};
  for (;;) {
    auto page = inventory.files(*digest, all.files.empty() ? "" : all.files.back().path, kPage);
    if (!page) return std::nullopt;
    std::ranges::move(*page, std::back_inserter(all.files));
    if (page->size() < kPage) return all;
  }
}

}  // namespace portcullis::cli
