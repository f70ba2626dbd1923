// SPDX-License-Identifier: Apache-2.0
#include "object_reader.hpp"

#include <algorithm>
#include <limits>

#include "quote.hpp"

namespace portcullis::oci {
namespace {

using util::ErrorKind;

const char* name_of(JsonNode::Kind kind) {
  switch (kind) {
    case JsonNode::Kind::null:
      return "null";
    case JsonNode::Kind::boolean:
      return "true or false";
    case JsonNode::Kind::natural:
      return "an integer >= 0";
    case JsonNode::Kind::number:
      return "a negative or fractional number";
    case JsonNode::Kind::string:
      return "a string";
    case JsonNode::Kind::array:
      return "a list";
    case JsonNode::Kind::object:
      return "an object";
  }
  return "another type";
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

bool folds_to(std::string_view key, std::string_view known) {
  constexpr std::string_view kLongS = "\xc5\xbf";
  constexpr std::string_view kKelvinSign = "\xe2\x84\xaa";
  for (const char c : known) {
    const char wanted = lower(c);
    if (wanted == 's' && key.starts_with(kLongS)) {
      key.remove_prefix(kLongS.size());
    } else if (wanted == 'k' && key.starts_with(kKelvinSign)) {
      key.remove_prefix(kKelvinSign.size());
    } else if (!key.empty() && lower(key.front()) == wanted) {
      key.remove_prefix(1);
    } else {
      return false;
    }
  }
  return key.empty();
}

ObjectReader::ObjectReader(Reading& reading, const JsonNode& node, std::string where, KnownKeys known)
    : reading_(reading), node_(node), where_(std::move(where)) {
  if (node_.kind == JsonNode::Kind::object) {
    refuse_folded_keys(known);
  } else {
    reading_.refuse(ErrorKind::invalid, where_ + ": must be an object, saw " + name_of(node_.kind));
  }
}

void ObjectReader::refuse_folded_keys(KnownKeys known) const {
  for (const std::string& key : node_.keys) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    const auto meant = std::find_if(known.begin(), known.end(),
                                    [&](std::string_view candidate) { return folds_to(key, candidate); });
    if (meant == known.end()) continue;
    refuse(key, ErrorKind::invalid,
           "this key differs from '" + std::string(*meant) +
               "' in letter case only, so programs disagree on what it means");
    return;
  }
}

const JsonNode* ObjectReader::find(std::string_view key) const {
  const JsonNode* value = node_.find(key);
  return value && value->kind != JsonNode::Kind::null ? value : nullptr;
}

const JsonNode* ObjectReader::expect(std::string_view key, JsonNode::Kind kind, Need need) const {
  const JsonNode* value = find(key);
  if (!value) {
    if (need == Need::required) refuse(key, ErrorKind::invalid, "is missing");
    return nullptr;
  }
  if (value->kind == kind) return value;
  refuse(key, ErrorKind::invalid, std::string("must be ") + name_of(kind) + ", saw " + name_of(value->kind));
  return nullptr;
}

const JsonNode* ObjectReader::object(std::string_view key, Need need) const {
  return expect(key, JsonNode::Kind::object, need);
}

const JsonNode* ObjectReader::array(std::string_view key, Need need) const {
  return expect(key, JsonNode::Kind::array, need);
}

std::string ObjectReader::text(std::string_view key, Need need) const {
  const JsonNode* value = expect(key, JsonNode::Kind::string, need);
  if (!value) return {};
  if (need == Need::required && value->text.empty()) refuse(key, ErrorKind::invalid, "must not be empty");
  return value->text;
}

std::uint64_t ObjectReader::natural(std::string_view key, Need need) const {
  // Go reads sizes into an int64 and refuses what does not fit.
  constexpr std::uint64_t kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  const JsonNode* value = expect(key, JsonNode::Kind::natural, need);
  if (!value) return 0;
  if (value->natural > kMax) {
    refuse(key, ErrorKind::invalid, "must fit 63 bits, saw " + std::to_string(value->natural));
  }
  return value->natural;
}

bool ObjectReader::flag(std::string_view key) const {
  const JsonNode* value = expect(key, JsonNode::Kind::boolean, Need::optional);
  return value && value->boolean;
}

std::vector<std::string> ObjectReader::texts(std::string_view key) const {
  std::vector<std::string> list;
  const JsonNode* value = array(key, Need::optional);
  if (!value) return list;
  for (const JsonNode& item : value->items) {
    if (item.kind != JsonNode::Kind::string) {
      refuse(element(std::string(key), list.size()), ErrorKind::invalid,
             std::string("must be a string, saw ") + name_of(item.kind));
      break;
    }
    list.push_back(item.text);
  }
  return list;
}

std::vector<std::string> ObjectReader::text_or_texts(std::string_view key) const {
  const JsonNode* value = find(key);
  if (value && value->kind == JsonNode::Kind::string) return {value->text};
  return texts(key);
}

std::map<std::string, std::string> ObjectReader::text_map(std::string_view key) const {
  std::map<std::string, std::string> entries;
  const JsonNode* value = object(key, Need::optional);
  if (!value) return entries;
  for (std::size_t i = 0; i < value->items.size(); ++i) {
    const JsonNode& item = value->items[i];
    // null is an empty string to Go.
    if (item.kind != JsonNode::Kind::string && item.kind != JsonNode::Kind::null) {
      refuse(key, ErrorKind::invalid,
             "the value of '" + quote(value->keys[i]) + "' must be a string, saw " + name_of(item.kind));
      break;
    }
    entries.emplace(value->keys[i], item.text);
  }
  return entries;
}

void ObjectReader::refuse(std::string_view key, ErrorKind kind, const std::string& message) const {
  reading_.refuse(kind, quote(where(key)) + ": " + message);
}

std::string ObjectReader::where(std::string_view key) const {
  return where_.empty() ? std::string(key) : where_ + '.' + std::string(key);
}

std::string ObjectReader::element(const std::string& list, std::size_t index) {
  return list + '[' + std::to_string(index) + ']';
}

}  // namespace portcullis::oci
