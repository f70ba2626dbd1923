// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "portcullis/findings/layer_file.hpp"
#include "portcullis/gate/gate.hpp"

namespace portcullis::gate {

/// Records what the scan of a blob listed, unless as much is known of it. No decision leans on an inventory,
/// so a failure is counted and logged and stops nothing: the blob counts as not known, and its next
/// scan tries again.
void keep_inventory(const Parts& parts, const oci::Digest& blob, scan::JobKind kind,
                    findings::LayerFiles files);

}  // namespace portcullis::gate
