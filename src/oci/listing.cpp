// SPDX-License-Identifier: Apache-2.0
#include "portcullis/oci/listing.hpp"

#include <nlohmann/json.hpp>

#include "object_reader.hpp"

namespace portcullis::oci {
namespace {

using Json = nlohmann::ordered_json;

/// The strict reader lets nothing but UTF-8 in, so nothing is replaced here.
std::string dump(const Json& json) {
  return json.dump(-1, ' ', /*ensure_ascii=*/true, Json::error_handler_t::replace);
}

Json to_json(const Descriptor& descriptor) {
  Json json{
      {"mediaType", descriptor.media_type}, {"digest", descriptor.digest.text()}, {"size", descriptor.size}};
  if (!descriptor.artifact_type.empty()) json["artifactType"] = descriptor.artifact_type;
  if (!descriptor.annotations.empty()) json["annotations"] = descriptor.annotations;
  if (const auto& platform = descriptor.platform) {
    json["platform"] = {{"architecture", platform->architecture}, {"os", platform->os}};
    if (!platform->variant.empty()) json["platform"]["variant"] = platform->variant;
  }
  return json;
}

}  // namespace

util::Result<std::vector<Tag>> parse_tag_list(std::string_view text) {
  constexpr std::string_view kKeys[] = {"name", "tags"};
  const auto root = parse_json_object(text);
  if (!root) return util::fail("list of tags refused", root.error());
  Reading reading;
  const ObjectReader in(reading, *root, "", kKeys);
  in.text("name", Need::optional);
  const auto names = in.texts("tags");
  if (!reading.ok()) return util::fail("list of tags refused", reading.error());
  std::vector<Tag> tags;
  for (const auto& name : names) {
    if (auto tag = Tag::parse(name)) tags.push_back(*std::move(tag));
  }
  return tags;
}

std::string render_tag_list(std::string_view name, std::span<const Tag> tags) {
  Json list = Json::array();
  for (const Tag& tag : tags) list.push_back(tag.text());
  return dump(Json{{"name", name}, {"tags", std::move(list)}}) + "\n";
}

std::string render_index(std::span<const Descriptor> manifests) {
  Json list = Json::array();
  for (const Descriptor& descriptor : manifests) list.push_back(to_json(descriptor));
  return dump(Json{{"schemaVersion", 2}, {"mediaType", kOciIndex}, {"manifests", std::move(list)}});
}

Tag referrers_tag(const Digest& subject) {
  constexpr std::size_t kMostHex = 64;
  const std::string& text = subject.text();
  return *Tag::parse(text.substr(0, text.find(':')) + "-" + std::string(subject.hex().substr(0, kMostHex)));
}

}  // namespace portcullis::oci
