// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "portcullis/records/rule_settings.hpp"
#include "portcullis/util/safe_text.hpp"

namespace portcullis::cli {

using OrderedJson = nlohmann::ordered_json;

/// Descriptions, paths and messages may be longer than most texts.
inline std::string prose(const std::string& text) {
  constexpr std::size_t kLimit = 1000;
  return util::safe_text(text, kLimit);
}

inline OrderedJson json_texts(const std::vector<std::string>& values) {
  OrderedJson json = OrderedJson::array();
  for (const std::string& value : values) json.push_back(prose(value));
  return json;
}

inline std::string joined_texts(const std::vector<std::string>& values, const char* separator) {
  std::string text;
  for (const std::string& value : values) text.append(text.empty() ? "" : separator).append(prose(value));
  return text;
}

inline std::string printed(const OrderedJson& json) { return json.dump(2) + "\n"; }

/// "1 rule", "2 rules".
inline std::string counted(std::uint64_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

OrderedJson setting_json(const records::RuleSetting& setting);

inline std::string fixed(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

}  // namespace portcullis::cli
