// SPDX-License-Identifier: Apache-2.0
#include "conditional.hpp"

#include "portcullis/util/text.hpp"

namespace portcullis::http {
namespace {

/// RFC 9110, 8.8.3.2.
enum class Comparison { weak, strong };

bool lists(std::string_view header, std::string_view etag, Comparison comparison) {
  for (auto part : util::split(header, ',')) {
    while (part.starts_with(' ') || part.starts_with('\t')) part.remove_prefix(1);
    while (part.ends_with(' ') || part.ends_with('\t')) part.remove_suffix(1);
    if (part == "*") return true;
    if (comparison == Comparison::weak && part.starts_with("W/")) part.remove_prefix(2);
    if (part == etag) return true;
  }
  return false;
}

}  // namespace

std::string etag_of(std::string_view digest) { return '"' + std::string(digest) + '"'; }

bool none_match_hits(std::string_view header, std::string_view etag) {
  return lists(header, etag, Comparison::weak);
}

bool match_hits(std::string_view header, std::string_view etag) {
  return lists(header, etag, Comparison::strong);
}

}  // namespace portcullis::http
