// SPDX-License-Identifier: Apache-2.0
#include "blob_answer.hpp"

#include <variant>

#include "blob_body.hpp"
#include "conditional.hpp"
#include "portcullis/util/text.hpp"
#include "range.hpp"
#include "registry_errors.hpp"

namespace portcullis::http {
namespace {

constexpr std::string_view kBlobType = "application/octet-stream";

/// Range counts on GET only, and under If-Range only when the client has the same bytes.
RangeRequest wanted_range(const Request& request, const std::string& etag, std::uint64_t size) {
  const auto condition = request.header("if-range");
  if (request.is_head() || (!condition.empty() && condition != etag)) return WholeContent{};
  return parse_range(request.header("range"), size);
}

using ContentPtr = std::shared_ptr<const Content>;

void serve_ranges(const ContentPtr& content, const std::vector<ByteRange>& ranges, Answer& answer) {
  answer.status = 206;
  if (ranges.size() == 1) {
    answer.headers.emplace_back("Content-Range", content_range(ranges.front(), content->size()));
    answer.streamed = std::make_shared<BlobBody>(content, ranges.front());
    return;
  }
  const auto boundary = util::random_id(24);
  answer.streamed = std::make_shared<BlobBody>(content, ranges, boundary, answer.content_type);
  answer.content_type = "multipart/byteranges; boundary=" + boundary;
}

/// `answer` has its headers.
Answer serve(const ContentPtr& content, const RangeRequest& range, Answer answer) {
  if (const auto* ranges = std::get_if<std::vector<ByteRange>>(&range)) {
    serve_ranges(content, *ranges, answer);
  } else if (content->size() > 0) {
    answer.streamed = std::make_shared<BlobBody>(content, ByteRange{0, content->size()});
  }
  return answer;
}

}  // namespace

Answer blob_answer(const Request& request, const blobs::Blob& blob) {
  const auto etag = etag_of(blob.digest.text());
  Answer answer;
  answer.content_type = kBlobType;
  answer.headers = {{"Docker-Content-Digest", blob.digest.text()},
                    {"ETag", etag},
                    {"Accept-Ranges", "bytes"},
                    // The bytes never change, but the permission to have them may: no cache between
                    // us and the client may hand them out without asking.
                    {"Cache-Control", "private, no-cache, max-age=0"}};
  if (none_match_hits(request.header("if-none-match"), etag)) {
    answer.status = 304;
    answer.content_type.clear();
    return answer;
  }
  const auto range = wanted_range(request, etag, blob.size);
  if (std::holds_alternative<Unsatisfiable>(range)) {
    auto refused = registry_error(416, "RANGE_INVALID", "the range lies past the end of the blob");
    refused.headers.emplace_back("Content-Range", "bytes */" + std::to_string(blob.size));
    return refused;
  }
  return serve(blob_content(blob), range, std::move(answer));
}

Answer mismatch_answer(const Request& request, const std::shared_ptr<const Content>& content,
                       std::string_view content_type) {
  Answer answer;
  answer.content_type = content_type;
  answer.headers = {{"Accept-Ranges", "bytes"}, {"Cache-Control", "no-store"}};
  auto range = wanted_range(request, "", content->size());
  // An error status would send the client elsewhere.
  if (std::holds_alternative<Unsatisfiable>(range)) range = WholeContent{};
  return serve(content, range, std::move(answer));
}

}  // namespace portcullis::http
