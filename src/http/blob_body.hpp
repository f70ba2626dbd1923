// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "message.hpp"
#include "portcullis/blobs/store.hpp"
#include "range.hpp"

namespace portcullis::http {

/// Bytes of a committed blob, sent from the file: flat in memory, and a file that shrinks is a short
/// answer instead of a signal.
class BlobBody final : public StreamedBody {
 public:
  /// One range, or the whole blob when it covers that. The blob is not empty.
  BlobBody(blobs::Blob blob, ByteRange range);
  /// multipart/byteranges.
  BlobBody(blobs::Blob blob, const std::vector<ByteRange>& ranges, std::string_view boundary,
           std::string_view part_type);

  std::uint64_t size() const override { return size_; }
  const std::vector<BodyPart>& parts() const override { return parts_; }

 private:
  blobs::Blob blob_;
  std::vector<BodyPart> parts_;
  std::uint64_t size_ = 0;
};

/// "bytes 0-99/1234".
std::string content_range(const ByteRange& range, std::uint64_t size);

}  // namespace portcullis::http
