// SPDX-License-Identifier: Apache-2.0
#include "blob_body.hpp"

#include <algorithm>

namespace portcullis::http {

BlobBody::BlobBody(ContentPtr content, ByteRange range)
    : content_(std::move(content)), parts_{{"", range}}, size_(range.length) {}

BlobBody::BlobBody(ContentPtr content, const std::vector<ByteRange>& ranges, std::string_view boundary,
                   std::string_view part_type)
    : content_(std::move(content)) {
  const auto delimiter = "\r\n--" + std::string(boundary);
  for (const auto& range : ranges) {
    parts_.push_back({delimiter + "\r\nContent-Type: " + std::string(part_type) +
                          "\r\nContent-Range: " + content_range(range, content_->size()) + "\r\n\r\n",
                      range});
    size_ += parts_.back().prefix.size() + range.length;
  }
  suffix_ = delimiter + "--\r\n";
  size_ += suffix_.size();
}

bool BlobBody::send(BodySink& sink) const {
  return std::all_of(parts_.begin(), parts_.end(),
                     [&](const Part& part) {
                       return (part.prefix.empty() || sink.text(part.prefix)) &&
                              content_->send(sink, part.range);
                     }) &&
         (suffix_.empty() || sink.text(suffix_));
}

std::string content_range(const ByteRange& range, std::uint64_t size) {
  return "bytes " + std::to_string(range.first) + "-" + std::to_string(range.last()) + "/" +
         std::to_string(size);
}

}  // namespace portcullis::http
