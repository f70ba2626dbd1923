// SPDX-License-Identifier: Apache-2.0
//
// A store's directory as a process beside its owner may use it: without the lock, while the owner runs.
// A store that finds a file gone takes the blob for absent and fetches it again when it is asked for;
// who reads it at that moment reads on. Verdicts are not kept there, so no removal ever allows anything.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <vector>

#include "portcullis/oci/digest.hpp"
#include "portcullis/util/result.hpp"

namespace portcullis::blobs {

struct StoredBlob {
  oci::Digest digest;
  std::uint64_t size = 0;
  std::chrono::nanoseconds last_use{};  ///< since the epoch; a running store writes it once a minute
};

/// Every committed blob, least recently used first. Files that are not named like one are left alone; a
/// directory that is not there holds none.
std::vector<StoredBlob> stored_blobs(const std::filesystem::path& directory);

/// False when it was not there.
util::Result<bool> remove_stored_blob(const std::filesystem::path& directory, const oci::Digest& digest);

}  // namespace portcullis::blobs
