// SPDX-License-Identifier: Apache-2.0
#include "query.hpp"

#include "encoding.hpp"
#include "portcullis/util/text.hpp"

namespace portcullis::records {

std::string like_anywhere(std::string_view text) {
  std::string pattern = "%";
  for (const char c : util::to_lower_ascii(encode(text))) {
    if (c == '%' || c == '_' || c == '!') pattern += '!';
    pattern += c;
  }
  return pattern + '%';
}

}  // namespace portcullis::records
