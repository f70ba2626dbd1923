// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <functional>
#include <string>
#include <string_view>

#include "portcullis/util/hash.hpp"
#include "portcullis/util/result.hpp"

namespace portcullis::oci {

/// A content digest, `algorithm:hex` (OCI image-spec, descriptor.md#digests). Only the two
/// registered algorithms are accepted, in lower case and full length, so a Digest is always safe
/// as part of a path.
class Digest {
 public:
  static util::Result<Digest> parse(std::string_view text);
  static Digest of(std::string_view content);  ///< sha256

  util::HashAlgorithm algorithm() const noexcept { return algorithm_; }
  std::string_view hex() const noexcept;
  /// `sha256:abc...`, what parse() took.
  const std::string& text() const noexcept { return text_; }
  /// The first 12 characters of the hex, for messages.
  std::string short_hex() const { return std::string(hex().substr(0, 12)); }

  friend bool operator==(const Digest& a, const Digest& b) { return a.text_ == b.text_; }
  friend auto operator<=>(const Digest& a, const Digest& b) { return a.text_ <=> b.text_; }

 private:
  Digest(util::HashAlgorithm algorithm, std::string text) : algorithm_(algorithm), text_(std::move(text)) {}
  util::HashAlgorithm algorithm_;
  std::string text_;
};

}  // namespace portcullis::oci

template <>
struct std::hash<portcullis::oci::Digest> {
  std::size_t operator()(const portcullis::oci::Digest& d) const noexcept {
    return std::hash<std::string>{}(d.text());
  }
};
