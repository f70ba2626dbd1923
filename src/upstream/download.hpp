// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "client.hpp"
#include "portcullis/oci/digest.hpp"
#include "portcullis/oci/reference.hpp"
#include "portcullis/util/stream.hpp"

namespace portcullis::upstream {

/// Fetches a blob into `sink`, going on by Range where a transfer broke. Never passes more than
/// `expected_size` bytes.
Answer<void> download(Client& client, const oci::Repository& repository, const oci::Digest& digest,
                      std::uint64_t expected_size, util::ByteSink& sink);

}  // namespace portcullis::upstream
