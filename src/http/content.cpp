// SPDX-License-Identifier: Apache-2.0
#include "content.hpp"

#include <algorithm>
#include <string_view>

#include "portcullis/util/hash.hpp"
#include "portcullis/util/text.hpp"

namespace portcullis::http {
namespace {

class BlobContent final : public Content {
 public:
  explicit BlobContent(blobs::Blob blob) : blob_(std::move(blob)) {}
  std::uint64_t size() const override { return blob_.size; }
  BodyPart part(const ByteRange& range) const override {
    return {.file = blob_.file->get(), .offset = range.first, .length = range.length};
  }

 private:
  blobs::Blob blob_;
};

/// Up to here it is made sure by looking that the digest differs. Longer content has so much padding
/// that nobody who wrote a layer can have guessed it.
constexpr std::uint64_t kLookedAt = 4096;
constexpr std::size_t kPeriod = 61;    // of the padding; a prime, so that no block size aligns with it
constexpr std::size_t kPeriods = 512;  // sent at once

const std::string& padding() {
  static const std::string bytes = [] {
    const auto period = util::random_id(kPeriod - 1) + '\n';
    std::string all;
    for (std::size_t i = 0; i < kPeriods; ++i) all += period;
    return all;
  }();
  return bytes;
}

class MismatchingContent final : public Content, public MadeBytes {
 public:
  /// `shift` turns the padding.
  MismatchingContent(std::uint64_t size, std::string text, std::size_t shift)
      : size_(size), text_(text.size() <= size ? std::move(text) : std::string()), shift_(shift) {}

  std::uint64_t size() const override { return size_; }

  BodyPart part(const ByteRange& range) const override {
    return {.made = this, .offset = range.first, .length = range.length};
  }

  std::string_view at(std::uint64_t offset) const override {
    if (offset < text_.size()) return std::string_view(text_).substr(static_cast<std::size_t>(offset));
    return std::string_view(padding()).substr(static_cast<std::size_t>((offset + shift_) % kPeriod));
  }

 private:
  std::uint64_t size_;
  std::string text_;
  std::size_t shift_;
};

bool matches(const MismatchingContent& content, const oci::Digest& digest) {
  util::Hasher hasher(digest.algorithm());
  for (std::uint64_t at = 0; at < content.size();) {
    const auto piece = content.at(at).substr(0, static_cast<std::size_t>(content.size() - at));
    hasher.update(piece);
    at += piece.size();
  }
  return hasher.finish_hex() == digest.hex();
}

}  // namespace

std::shared_ptr<const Content> blob_content(blobs::Blob blob) {
  return std::make_shared<BlobContent>(std::move(blob));
}

std::shared_ptr<const Content> mismatching_content(const oci::Digest& digest, std::uint64_t size,
                                                   std::string text) {
  if (size == 0) size = std::max<std::uint64_t>(text.size(), 1);
  auto content = std::make_shared<MismatchingContent>(size, text, 0);
  if (size > kLookedAt || !matches(*content, digest)) return content;
  // Padding alone, turned until it differs.
  for (std::size_t shift = 1; shift < kPeriod; ++shift) {
    content = std::make_shared<MismatchingContent>(size, std::string(), shift);
    if (!matches(*content, digest)) break;
  }
  return content;
}

}  // namespace portcullis::http
