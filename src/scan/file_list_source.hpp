// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "portcullis/util/stream.hpp"

namespace portcullis::scan {

/// Files by name as one stream of tree headers and contents (tree.hpp), in the order given and by their names
/// without a leading slash. Unlike a tree that is judged, a sample may have gaps: what is no regular file or
/// cannot be read is left out.
class FileListSource final : public util::ByteSource {
 public:
  explicit FileListSource(const std::vector<std::filesystem::path>& files) : files_(files) {}
  util::Result<std::size_t> read(std::span<std::byte> buffer) override;

 private:
  void next();

  const std::vector<std::filesystem::path>& files_;
  std::size_t at_ = 0;
  std::string pending_;  ///< a header, and the file behind it
  std::size_t given_ = 0;
  bool ended_ = false;
};

}  // namespace portcullis::scan
