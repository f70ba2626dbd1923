// SPDX-License-Identifier: Apache-2.0
#include "layer_inventory.hpp"

#include "portcullis/records/inventory.hpp"
#include "portcullis/util/log.hpp"

namespace portcullis::gate {
namespace {

using records::InventoryState;

/// "stored", or "known" when there was nothing to do.
util::Result<std::string_view> store(const Parts& parts, const oci::Digest& blob,
                                     findings::LayerFiles files) {
  auto& inventory = parts.records->inventory();
  const auto before = inventory.state(blob);
  if (!before) return tl::unexpected(before.error());
  if (*before == InventoryState::whole) return "known";
  // What a scan listed that did not come to its end is better than nothing, and than nothing else.
  if (*before == InventoryState::in_part && files.truncated) return "known";
  const auto put = inventory.put({.layer = blob,
                                  .files = std::move(files.files),
                                  .truncated = files.truncated,
                                  .at = parts.clock->now()});
  if (!put) return tl::unexpected(put.error());
  return "stored";
}

}  // namespace

void keep_inventory(const Parts& parts, const oci::Digest& blob, scan::JobKind kind,
                    findings::LayerFiles files) {
  // Configs and documents hold nothing to list, and a worker that died says nothing about its layer.
  const bool says_something = kind == scan::JobKind::layer && !files.truncated;
  if (files.files.empty() && !says_something) return;
  const auto done = store(parts, blob, std::move(files));
  parts.metrics->count("portcullis_inventories_total", {{"result", done ? *done : "failed"}});
  if (!done) {
    util::log::warn("the file inventory of a layer could not be recorded",
                    {{"blob", blob.text()}, {"error", done.error().message}});
  }
}

}  // namespace portcullis::gate
