// SPDX-License-Identifier: Apache-2.0
//
// A JSON document as a small tree whose size is bounded while it is built, before memory is spent.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "portcullis/util/result.hpp"

namespace portcullis::oci {

struct JsonNode {
  /// `number` is any number that is not an integer >= 0: no field we read takes one.
  enum class Kind { null, boolean, natural, number, string, array, object };

  Kind kind = Kind::null;
  bool boolean = false;
  std::uint64_t natural = 0;
  std::string text;
  std::vector<JsonNode> items;    ///< elements of an array, values of an object
  std::vector<std::string> keys;  ///< of an object, in step with `items`

  const JsonNode* find(std::string_view key) const;
};

/// Refuses what breaks the limits of manifest.hpp, is not JSON in valid UTF-8 from the first byte to
/// the last, is not an object, or repeats a key in any object at any depth.
util::Result<JsonNode> parse_json_object(std::string_view json);
/// The same for a document that is a list.
util::Result<JsonNode> parse_json_list(std::string_view json);

}  // namespace portcullis::oci
