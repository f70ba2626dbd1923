// SPDX-License-Identifier: Apache-2.0
#include "json_tree.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "portcullis/oci/manifest.hpp"
#include "quote.hpp"

namespace portcullis::oci {
namespace {

using Json = nlohmann::json;
using util::ErrorKind;

/// Builds the tree from nlohmann's events; answering false stops the parser at once.
class TreeBuilder final : public nlohmann::json_sax<Json> {
 public:
  bool null() override { return add(JsonNode::Kind::null) != nullptr; }

  bool boolean(bool value) override {
    JsonNode* node = add(JsonNode::Kind::boolean);
    if (node) node->boolean = value;
    return node != nullptr;
  }

  // Comes for what has a minus sign.
  bool number_integer(number_integer_t) override { return add(JsonNode::Kind::number) != nullptr; }

  bool number_unsigned(number_unsigned_t value) override {
    JsonNode* node = add(JsonNode::Kind::natural);
    if (node) node->natural = value;
    return node != nullptr;
  }

  bool number_float(number_float_t, const string_t&) override {
    return add(JsonNode::Kind::number) != nullptr;
  }

  bool string(string_t& value) override {
    JsonNode* node = add(JsonNode::Kind::string);
    if (node) node->text = std::move(value);
    return node != nullptr;
  }

  bool binary(binary_t&) override { return refuse(ErrorKind::internal, "binary values are not JSON"); }

  bool start_object(std::size_t) override { return open(JsonNode::Kind::object); }
  bool start_array(std::size_t) override { return open(JsonNode::Kind::array); }

  bool key(string_t& value) override {
    open_.back()->keys.push_back(std::move(value));
    return true;
  }

  bool end_object() override {
    if (const auto repeated = repeated_key(*open_.back())) {
      return refuse(ErrorKind::invalid, "key '" + quote(*repeated) + "' occurs twice in one object");
    }
    open_.pop_back();
    return true;
  }

  bool end_array() override {
    open_.pop_back();
    return true;
  }

  bool parse_error(std::size_t position, const std::string& last_token,
                   const nlohmann::detail::exception&) override {
    return refuse(ErrorKind::invalid,
                  "not valid JSON at byte " + std::to_string(position) + ", near: " + quote(last_token));
  }

  util::Result<JsonNode> finish() && {
    if (error_) return tl::unexpected<util::Error>(std::move(*error_));
    return std::move(root_);
  }

 private:
  bool refuse(ErrorKind kind, std::string message) {
    error_ = util::Error{kind, std::move(message)};
    return false;
  }

  /// Null when the document has too many values.
  JsonNode* add(JsonNode::Kind kind) {
    if (++nodes_ > kMaxDocumentNodes) {
      refuse(ErrorKind::limit, "more than " + std::to_string(kMaxDocumentNodes) + " JSON values");
      return nullptr;
    }
    // A container grows only while it is the innermost one, so the pointers in open_ stay good.
    JsonNode& node = open_.empty() ? root_ : open_.back()->items.emplace_back();
    node.kind = kind;
    return &node;
  }

  bool open(JsonNode::Kind kind) {
    if (open_.size() == kMaxDocumentDepth) {
      return refuse(ErrorKind::limit, "nested deeper than " + std::to_string(kMaxDocumentDepth) + " levels");
    }
    JsonNode* node = add(kind);
    if (node) open_.push_back(node);
    return node != nullptr;
  }

  static std::optional<std::string_view> repeated_key(const JsonNode& object) {
    std::vector<std::string_view> sorted(object.keys.begin(), object.keys.end());
    std::sort(sorted.begin(), sorted.end());
    const auto repeated = std::adjacent_find(sorted.begin(), sorted.end());
    if (repeated == sorted.end()) return std::nullopt;
    return *repeated;
  }

  JsonNode root_;
  std::vector<JsonNode*> open_;
  std::size_t nodes_ = 0;
  std::optional<util::Error> error_;
};

}  // namespace

const JsonNode* JsonNode::find(std::string_view key) const {
  const auto found = std::find(keys.begin(), keys.end(), key);
  return found == keys.end() ? nullptr : &items[static_cast<std::size_t>(found - keys.begin())];
}

namespace {

util::Result<JsonNode> parse_json(std::string_view json, char opening, const std::string& what) {
  if (json.size() > kMaxDocumentBytes) {
    return util::fail(ErrorKind::limit, "larger than " + std::to_string(kMaxDocumentBytes) + " bytes");
  }
  // nlohmann takes a NUL byte for the end of the input and skips a byte order mark: Go does neither.
  if (json.find('\0') != std::string_view::npos) {
    return util::fail(ErrorKind::invalid, "not valid JSON: it has a NUL byte");
  }
  const auto first = json.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos || json[first] != opening) {
    return util::fail(ErrorKind::invalid,
                      "not a JSON " + what + ", it begins with: " + quote(json.substr(0, 20)));
  }
  TreeBuilder builder;
  Json::sax_parse(json.begin(), json.end(), &builder, Json::input_format_t::json, /*strict=*/true);
  return std::move(builder).finish();
}

}  // namespace

util::Result<JsonNode> parse_json_object(std::string_view json) { return parse_json(json, '{', "object"); }

util::Result<JsonNode> parse_json_list(std::string_view json) { return parse_json(json, '[', "list"); }

}  // namespace portcullis::oci
