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
  bool send(BodySink& sink, const ByteRange& range) const override {
    return sink.file(blob_.file->get(), range.first, range.length);
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

class MismatchingContent final : public Content {
 public:
  /// `shift` turns the padding.
  MismatchingContent(std::uint64_t size, std::string text, std::size_t shift)
      : size_(size), text_(text.size() <= size ? std::move(text) : std::string()), shift_(shift) {}

  std::uint64_t size() const override { return size_; }

  bool send(BodySink& sink, const ByteRange& range) const override {
    auto at = range.first;
    const auto end = range.first + range.length;
    while (at < end) {
      const auto piece = piece_at(at).substr(0, end - at);
      if (!sink.text(piece)) return false;
      at += piece.size();
    }
    return true;
  }

 private:
  std::string_view piece_at(std::uint64_t at) const {
    if (at < text_.size()) return std::string_view(text_).substr(at);
    return std::string_view(padding()).substr((at + shift_) % kPeriod);
  }

  std::uint64_t size_;
  std::string text_;
  std::size_t shift_;
};

class Hashing final : public BodySink {
 public:
  explicit Hashing(util::HashAlgorithm algorithm) : hasher_(algorithm) {}
  bool text(std::string_view bytes) override {
    hasher_.update(bytes);
    return true;
  }
  bool file(int, std::uint64_t, std::uint64_t) override { return false; }
  std::string hex() { return hasher_.finish_hex(); }

 private:
  util::Hasher hasher_;
};

bool matches(const Content& content, const oci::Digest& digest) {
  Hashing hashing(digest.algorithm());
  content.send(hashing, {0, content.size()});
  return hashing.hex() == digest.hex();
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
