// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "content.hpp"
#include "message.hpp"
#include "range.hpp"

namespace portcullis::http {

/// One or more ranges of a content as a body; memory stays flat.
class BlobBody final : public StreamedBody {
 public:
  using ContentPtr = std::shared_ptr<const Content>;

  /// One range, or the whole content when it covers that. The content is not empty.
  BlobBody(ContentPtr content, ByteRange range);
  /// multipart/byteranges.
  BlobBody(ContentPtr content, const std::vector<ByteRange>& ranges, std::string_view boundary,
           std::string_view part_type);

  std::uint64_t size() const override { return size_; }
  bool send(BodySink& sink) const override;

 private:
  struct Part {
    std::string prefix;
    ByteRange range;
  };

  ContentPtr content_;
  std::vector<Part> parts_;
  std::string suffix_;
  std::uint64_t size_ = 0;
};

/// "bytes 0-99/1234".
std::string content_range(const ByteRange& range, std::uint64_t size);

}  // namespace portcullis::http
