// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "portcullis/util/result.hpp"

namespace portcullis::cli {

struct BenchSample {
  std::vector<std::filesystem::path> files;
  std::uint64_t bytes = 0;
};

/// Regular files below `directory`, from all over it and always the same ones, until they have `bytes`
/// bytes. Links are not followed; what cannot be read is left out, and so are empty and very large files.
util::Result<BenchSample> pick_sample(const std::filesystem::path& directory, std::uint64_t bytes);

/// This program and the libraries it uses, the smallest first; without large ones.
std::vector<std::filesystem::path> own_files();

}  // namespace portcullis::cli
