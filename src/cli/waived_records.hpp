// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "portcullis/records/records.hpp"

namespace portcullis::cli {

/// `records` with more exceptions, which are written nowhere: those of a file or of another server. Only
/// active_waivers() tells them. Outlived by `records`.
std::unique_ptr<records::Records> with_waivers(records::Records& records,
                                               std::vector<findings::Waiver> waivers);

}  // namespace portcullis::cli
