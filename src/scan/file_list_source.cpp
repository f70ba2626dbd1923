// SPDX-License-Identifier: Apache-2.0
#include "file_list_source.hpp"

#include <algorithm>
#include <cstring>

#include "portcullis/scan/protocol.hpp"
#include "portcullis/scan/tree.hpp"
#include "portcullis/util/files.hpp"

namespace portcullis::scan {
namespace {

constexpr std::size_t kMaxFile = 64u << 20;

std::string name_of(const std::filesystem::path& file) {
  std::string name = file.relative_path().generic_string();
  return name.empty() ? "file" : name.substr(0, kMaxPath);
}

}  // namespace

void FileListSource::next() {
  given_ = 0;
  pending_.clear();
  while (at_ < files_.size()) {
    const auto& file = files_[at_++];
    std::error_code error;
    if (!std::filesystem::is_regular_file(file, error)) continue;
    auto content = util::read_file(file, kMaxFile);
    if (!content) continue;
    pending_ = encode_tree_header({.path = name_of(file), .mode = 0755, .size = content->size()});
    pending_ += *content;
    return;
  }
  ended_ = true;
  pending_ = encode_tree_header({});
}

util::Result<std::size_t> FileListSource::read(std::span<std::byte> buffer) {
  if (given_ == pending_.size()) {
    if (ended_) return 0;
    next();
  }
  const std::size_t size = std::min(buffer.size(), pending_.size() - given_);
  std::memcpy(buffer.data(), pending_.data() + given_, size);
  given_ += size;
  return size;
}

}  // namespace portcullis::scan
