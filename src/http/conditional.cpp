// SPDX-License-Identifier: Apache-2.0
#include "conditional.hpp"

#include "portcullis/util/text.hpp"

namespace portcullis::http {

std::string etag_of(std::string_view digest) { return '"' + std::string(digest) + '"'; }

bool none_match_hits(std::string_view header, std::string_view etag) {
  for (auto part : util::split(header, ',')) {
    while (part.starts_with(' ') || part.starts_with('\t')) part.remove_prefix(1);
    while (part.ends_with(' ') || part.ends_with('\t')) part.remove_suffix(1);
    if (part == "*") return true;
    if (part.starts_with("W/")) part.remove_prefix(2);
    if (part == etag) return true;
  }
  return false;
}

}  // namespace portcullis::http
