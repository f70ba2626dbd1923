// SPDX-License-Identifier: Apache-2.0
#include "query.hpp"

#include <algorithm>

#include "encoding.hpp"
#include "portcullis/util/text.hpp"

namespace portcullis::records {

namespace {

std::string literally(std::string_view text) {
  std::string pattern;
  for (const char c : util::to_lower_ascii(encode(text))) {
    if (c == '%' || c == '_' || c == '!') pattern += '!';
    pattern += c;
  }
  return pattern;
}

}  // namespace

std::string like_anywhere(std::string_view text) { return '%' + literally(text) + '%'; }

std::string like_glob(std::string_view glob) {
  std::string pattern = literally(glob);
  std::ranges::replace(pattern, '*', '%');
  std::ranges::replace(pattern, '?', '_');
  return pattern;
}

}  // namespace portcullis::records
