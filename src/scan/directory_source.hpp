// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "portcullis/util/fd.hpp"
#include "portcullis/util/stream.hpp"

namespace portcullis::scan {

/// A root file system as one stream of tree headers and contents (tree.hpp), in sorted order. Follows
/// no symbolic link, so it never leaves the tree. What cannot be read, or changes while it is read,
/// fails the source: a tree is judged whole or not at all.
class DirectorySource final : public util::ByteSource {
 public:
  /// `directory` stays the caller's.
  explicit DirectorySource(int directory);
  util::Result<std::size_t> read(std::span<std::byte> buffer) override;

 private:
  struct Level {
    util::UniqueFd directory;
    std::string path;                ///< with a slash at its end, unless it is the root
    std::vector<std::string> names;  ///< still to visit, the next one last
  };

  util::Result<void> enter(util::UniqueFd directory, std::string path);
  util::Result<void> advance();
  util::Result<void> visit(const Level& level, const std::string& name);

  std::vector<Level> levels_;
  std::string header_;  ///< bytes still to give out before the content
  util::UniqueFd file_;
  std::string file_path_;
  std::uint64_t file_left_ = 0;
  int root_;
  bool begun_ = false;
  bool ended_ = false;
};

}  // namespace portcullis::scan
