// SPDX-License-Identifier: Apache-2.0
#include "image_names.hpp"

#include "portcullis/util/text.hpp"

namespace portcullis::cli {
namespace {

bool is_name_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::size_t name_length(std::string_view text) {
  std::size_t length = 0;
  while (length < text.size() && is_name_letter(text[length])) ++length;
  return length;
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\f\v";
  const auto first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::optional<std::string> expand_variables(std::string_view text,
                                            const std::map<std::string, std::string>& values) {
  std::string out;
  while (!text.empty()) {
    const auto dollar = text.find('$');
    out += text.substr(0, dollar);
    if (dollar == std::string_view::npos) break;
    text.remove_prefix(dollar + 1);
    const bool braces = text.starts_with('{');
    if (braces) text.remove_prefix(1);
    const std::size_t length = name_length(text);
    if (length == 0) return std::nullopt;
    const auto value = values.find(std::string(text.substr(0, length)));
    text.remove_prefix(length);
    std::optional<std::string> replacement;
    if (value != values.end()) replacement = value->second;
    if (braces) {
      const auto end = text.find('}');
      if (end == std::string_view::npos) return std::nullopt;
      std::string_view rule = text.substr(0, end);
      text.remove_prefix(end + 1);
      const bool empty_counts = rule.starts_with(':');  // as not set
      if (empty_counts) rule.remove_prefix(1);
      const bool set = replacement && !(empty_counts && replacement->empty());
      if (rule.starts_with('-')) {
        if (!set) replacement = std::string(rule.substr(1));
      } else if (rule.starts_with('+')) {
        replacement = set ? std::string(rule.substr(1)) : std::string();
      } else if (!rule.empty() && !rule.starts_with('?')) {
        return std::nullopt;
      }
    }
    if (!replacement) return std::nullopt;
    out += *replacement;
  }
  return out;
}

ImageNames listed_images(std::string_view content) {
  ImageNames found;
  std::size_t number = 0;
  for (std::string_view line : util::split(content, '\n')) {
    ++number;
    const auto name = trimmed(line.substr(0, line.find('#')));
    if (!name.empty()) found.names.push_back({std::string(name), number});
  }
  return found;
}

util::Result<ImageNames> image_names_of(std::string_view file_name, const std::string& content) {
  const auto lower = util::to_lower_ascii(file_name);
  const bool yaml = lower.ends_with(".yaml") || lower.ends_with(".yml") || lower.ends_with(".json");
  return yaml ? yaml_images(content) : dockerfile_images(content);
}

}  // namespace portcullis::cli
