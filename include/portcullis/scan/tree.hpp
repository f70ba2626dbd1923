// SPDX-License-Identifier: Apache-2.0
//
// How a directory travels to a worker (JobKind::directory): the server walks and reads, the worker
// judges, so that a worker never needs to open anything. One header before each file, `size` raw bytes
// behind it, and a header with an empty path at the end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace portcullis::scan {

struct TreeFile {
  std::string path;  ///< below the directory; empty: the end of the tree
  std::uint32_t mode = 0;
  std::uint64_t uid = 0;
  std::uint64_t gid = 0;
  std::uint64_t size = 0;
};

inline constexpr std::size_t kTreeHeaderPrefix = 4;  ///< bytes of the length in front of a header

std::string encode_tree_header(const TreeFile& file);
/// The length of the header that follows; nullopt when it is out of bounds.
std::optional<std::size_t> decode_tree_prefix(std::string_view prefix);
std::optional<TreeFile> decode_tree_header(std::string_view header);

}  // namespace portcullis::scan
