// SPDX-License-Identifier: Apache-2.0
//
// A blob of an image with its scan, as decisions, images and layers show it.
#pragma once

#include <optional>
#include <string>

#include "service.hpp"

namespace portcullis::api {

util::Result<std::optional<records::ScanRecord>> scan_of(Service& service, const records::ImageBlob& blob,
                                                         const std::string& profile);
Json blob_json(const records::ImageBlob& blob, const std::optional<records::ScanRecord>& scan);

}  // namespace portcullis::api
