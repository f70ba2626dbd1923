// SPDX-License-Identifier: Apache-2.0
//
// Reads one JSON object that has a schema. Every mistake is noted in a shared Reading; the first one
// wins, and after it the getters go on answering empty values that nobody will look at.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "json_tree.hpp"
#include "portcullis/util/result.hpp"

namespace portcullis::oci {

/// The state of reading one document.
class Reading {
 public:
  void refuse(util::ErrorKind kind, std::string message) {
    if (!error_) error_ = util::Error{kind, std::move(message)};
  }
  bool ok() const { return !error_.has_value(); }
  const util::Error& error() const { return *error_; }

 private:
  std::optional<util::Error> error_;
};

enum class Need { optional, required };

/// All keys that Go's structs for one kind of object know, used by us or not.
using KnownKeys = std::span<const std::string_view>;

class ObjectReader {
 public:
  /// `where` is the path of the object in the document, empty for the document itself. `node` must
  /// outlive the reader.
  ObjectReader(Reading& reading, const JsonNode& node, std::string where, KnownKeys known);

  /// The value of `key`; null when it is absent or JSON null, which Go treats alike.
  const JsonNode* find(std::string_view key) const;
  /// The same, for an object or an array; anything else there is refused.
  const JsonNode* object(std::string_view key, Need need) const;
  const JsonNode* array(std::string_view key, Need need) const;

  std::string text(std::string_view key, Need need) const;
  std::uint64_t natural(std::string_view key, Need need) const;
  bool flag(std::string_view key) const;
  std::vector<std::string> texts(std::string_view key) const;
  /// A list, or one string that stands for a list of itself (docker's command lines).
  std::vector<std::string> text_or_texts(std::string_view key) const;
  std::map<std::string, std::string> text_map(std::string_view key) const;

  void refuse(std::string_view key, util::ErrorKind kind, const std::string& message) const;
  /// `layers[2].digest`
  std::string where(std::string_view key) const;
  static std::string element(const std::string& list, std::size_t index);
  Reading& reading() const { return reading_; }

 private:
  const JsonNode* expect(std::string_view key, JsonNode::Kind kind, Need need) const;
  void refuse_folded_keys(KnownKeys known) const;

  Reading& reading_;
  const JsonNode& node_;
  std::string where_;
};

/// True when Go's encoding/json takes `key` for the field `known`: it compares with Unicode simple
/// case folding, which for our ASCII names is ASCII case, U+017F (long s) for s and U+212A (Kelvin
/// sign) for k.
bool folds_to(std::string_view key, std::string_view known);

}  // namespace portcullis::oci
