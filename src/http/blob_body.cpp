// SPDX-License-Identifier: Apache-2.0
#include "blob_body.hpp"

namespace portcullis::http {

BlobBody::BlobBody(ContentPtr content, ByteRange range)
    : content_(std::move(content)), parts_{content_->part(range)}, size_(range.length) {}

BlobBody::BlobBody(ContentPtr content, const std::vector<ByteRange>& ranges, std::string_view boundary,
                   std::string_view part_type)
    : content_(std::move(content)) {
  const auto delimiter = "\r\n--" + std::string(boundary);
  for (const auto& range : ranges) {
    auto part = content_->part(range);
    part.text = delimiter + "\r\nContent-Type: " + std::string(part_type) +
                "\r\nContent-Range: " + content_range(range, content_->size()) + "\r\n\r\n";
    parts_.push_back(std::move(part));
  }
  parts_.push_back({.text = delimiter + "--\r\n"});
  for (const auto& part : parts_) size_ += part.text.size() + part.length;
}

std::string content_range(const ByteRange& range, std::uint64_t size) {
  return "bytes " + std::to_string(range.first) + "-" + std::to_string(range.last()) + "/" +
         std::to_string(size);
}

}  // namespace portcullis::http
