// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "portcullis/scan/known_clean.hpp"
#include "portcullis/util/hash.hpp"

namespace portcullis::test {

inline scan::CleanKey key_of(int number) { return scan::plain_key(util::sha256_hex(std::to_string(number))); }

inline std::vector<scan::CleanKey> keys_of(int first, int end) {
  std::vector<scan::CleanKey> keys;
  for (int i = first; i < end; ++i) keys.push_back(key_of(i));
  return keys;
}

}  // namespace portcullis::test
