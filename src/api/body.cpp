// SPDX-License-Identifier: Apache-2.0
#include "body.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "portcullis/util/safe_text.hpp"
#include "portcullis/util/text.hpp"

namespace portcullis::api {
namespace {

using Members = std::map<std::string, std::string>;

/// SAX: what is not a flat object of strings ends the reading where it stands, before memory is spent.
class FlatReader final : public nlohmann::json_sax<nlohmann::json> {
 public:
  Members members;
  std::string trouble;

  bool null() override { return fail("null"); }
  bool boolean(bool) override { return fail("true or false"); }
  bool number_integer(number_integer_t) override { return fail("a number"); }
  bool number_unsigned(number_unsigned_t) override { return fail("a number"); }
  bool number_float(number_float_t, const string_t&) override { return fail("a number"); }
  bool binary(binary_t&) override { return fail("binary data"); }
  bool start_array(std::size_t) override { return fail("an array"); }
  bool end_array() override { return true; }
  bool end_object() override { return true; }
  bool start_object(std::size_t) override {
    if (inside_) return fail("an object");
    inside_ = true;
    return true;
  }
  bool key(string_t& name) override {
    if (members.contains(name)) {
      trouble = "\"" + util::safe_text(name) + "\" is there twice";
      return false;
    }
    name_ = name;
    return true;
  }
  bool string(string_t& text) override {
    if (!inside_) return fail("a string");
    members[name_] = text;
    return true;
  }
  bool parse_error(std::size_t at, const std::string&, const nlohmann::detail::exception&) override {
    trouble = "it is no JSON from byte " + std::to_string(at) + " on";
    return false;
  }

 private:
  bool fail(const char* saw) {
    trouble = inside_ ? "\"" + util::safe_text(name_) + "\" must be a string, saw " + saw
                      : std::string("expected an object, saw ") + saw;
    return false;
  }

  bool inside_ = false;
  std::string name_;
};

}  // namespace

Outcome<Body> Body::parse(const Request& request, std::span<const std::string_view> known) {
  const auto type = util::to_lower_ascii(request.content_type.substr(0, request.content_type.find(';')));
  if (type != "application/json") {
    return refuse(
        415, "Unsupported media type",
        "send Content-Type: application/json, saw \"" + util::safe_text(request.content_type) + "\"");
  }
  if (request.body.size() > kMaxBody) {
    return refuse(413, "The body is too large", "at most " + std::to_string(kMaxBody) + " bytes are read");
  }
  FlatReader reader;
  if (!nlohmann::json::sax_parse(request.body, &reader)) return bad_request("body: " + reader.trouble);
  for (const auto& [name, value] : reader.members) {
    if (std::ranges::find(known, name) != known.end()) continue;
    std::string all;
    for (const auto one : known) all.append(all.empty() ? "" : ", ").append(one);
    return bad_request("body: unknown member \"" + util::safe_text(name) + "\"; known here: " + all);
  }
  Body body;
  body.members_ = std::move(reader.members);
  return body;
}

const std::string& Body::text(const std::string& name) const {
  static const std::string none;
  const auto found = members_.find(name);
  return found == members_.end() ? none : found->second;
}

}  // namespace portcullis::api
