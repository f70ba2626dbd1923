// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "portcullis/oci/digest.hpp"
#include "portcullis/util/fd.hpp"
#include "portcullis/util/result.hpp"

namespace portcullis::upstream {

/// The files of an image layout, opened so that none can lie outside it.
class LayoutFiles {
 public:
  static util::Result<LayoutFiles> open(const std::filesystem::path& directory);

  struct File {
    util::UniqueFd fd;
    std::uint64_t size = 0;
  };
  /// A regular file by its path inside the directory; a symbolic link anywhere on the way is refused.
  util::Result<File> open_file(const std::filesystem::path& relative) const;
  util::Result<File> open_blob(const oci::Digest& digest) const;
  /// At most oci::kMaxDocumentBytes.
  util::Result<std::string> read_document(const std::filesystem::path& relative) const;

  static std::filesystem::path blob_path(const oci::Digest& digest);
  const std::filesystem::path& directory() const { return directory_; }

 private:
  LayoutFiles(std::filesystem::path directory, util::UniqueFd root)
      : directory_(std::move(directory)), root_(std::move(root)) {}
  std::filesystem::path directory_;
  util::UniqueFd root_;
};

}  // namespace portcullis::upstream
