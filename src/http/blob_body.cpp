// SPDX-License-Identifier: Apache-2.0
#include "blob_body.hpp"

namespace portcullis::http {

BlobBody::BlobBody(blobs::Blob blob, ByteRange range)
    : blob_(std::move(blob)),
      parts_{{"", blob_.file->get(), range.first, range.length}},
      size_(range.length) {}

BlobBody::BlobBody(blobs::Blob blob, const std::vector<ByteRange>& ranges, std::string_view boundary,
                   std::string_view part_type)
    : blob_(std::move(blob)) {
  const auto delimiter = "\r\n--" + std::string(boundary);
  for (const auto& range : ranges) {
    parts_.push_back({delimiter + "\r\nContent-Type: " + std::string(part_type) +
                          "\r\nContent-Range: " + content_range(range, blob_.size) + "\r\n\r\n",
                      blob_.file->get(), range.first, range.length});
  }
  parts_.push_back({delimiter + "--\r\n"});
  for (const auto& part : parts_) size_ += part.text.size() + part.length;
}

std::string content_range(const ByteRange& range, std::uint64_t size) {
  return "bytes " + std::to_string(range.first) + "-" + std::to_string(range.last()) + "/" +
         std::to_string(size);
}

}  // namespace portcullis::http
