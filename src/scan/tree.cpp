// SPDX-License-Identifier: Apache-2.0
#include "portcullis/scan/tree.hpp"

#include "portcullis/scan/protocol.hpp"
#include "portcullis/scan/wire.hpp"

namespace portcullis::scan {
namespace {

constexpr std::size_t kMaxHeader = kMaxPath + 64;

}  // namespace

std::string encode_tree_header(const TreeFile& file) {
  Writer header;
  header.text(file.path, kMaxPath);
  header.u32(file.mode);
  header.u64(file.uid);
  header.u64(file.gid);
  header.u64(file.size);
  Writer frame;
  frame.text(header.take(), kMaxHeader);
  return frame.take();
}

std::optional<std::size_t> decode_tree_prefix(std::string_view prefix) {
  Reader in(prefix);
  const std::size_t size = in.u32();
  if (!in.finished() || size > kMaxHeader) return std::nullopt;
  return size;
}

std::optional<TreeFile> decode_tree_header(std::string_view header) {
  Reader in(header);
  TreeFile file;
  file.path = in.text(kMaxPath);
  file.mode = in.u32();
  file.uid = in.u64();
  file.gid = in.u64();
  file.size = in.u64();
  if (!in.finished()) return std::nullopt;
  return file;
}

}  // namespace portcullis::scan
