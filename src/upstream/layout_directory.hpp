// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "portcullis/upstream/layout.hpp"
#include "portcullis/util/fd.hpp"

namespace portcullis::upstream {

/// The files of a layout in a directory, opened so that none can lie outside it: a symbolic link anywhere on
/// the way is refused.
class LayoutDirectory final : public LayoutFiles {
 public:
  static util::Result<std::unique_ptr<LayoutFiles>> open(const std::filesystem::path& directory);

  std::string place() const override { return directory_.string(); }
  util::Result<std::string> document(const std::string& path) const override;
  util::Result<std::uint64_t> size(const std::string& path) const override;
  util::Result<void> read(const std::string& path, util::ByteSink& sink) const override;

 private:
  struct File {
    util::UniqueFd fd;
    std::uint64_t size = 0;
  };
  LayoutDirectory(std::filesystem::path directory, util::UniqueFd root)
      : directory_(std::move(directory)), root_(std::move(root)) {}
  util::Result<File> open_file(const std::filesystem::path& relative) const;

  std::filesystem::path directory_;
  util::UniqueFd root_;
};

}  // namespace portcullis::upstream
