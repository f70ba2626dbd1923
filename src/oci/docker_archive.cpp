// SPDX-License-Identifier: Apache-2.0
#include "portcullis/oci/docker_archive.hpp"

#include <nlohmann/json.hpp>

#include "object_reader.hpp"

namespace portcullis::oci {
namespace {

constexpr std::string_view kKeys[] = {"Config", "RepoTags", "Layers", "Parent", "LayerSources"};
constexpr const char* kWhat = "manifest.json of the archive refused";

nlohmann::ordered_json to_json(const Descriptor& descriptor) {
  return {
      {"mediaType", descriptor.media_type}, {"size", descriptor.size}, {"digest", descriptor.digest.text()}};
}

}  // namespace

util::Result<std::vector<SavedImage>> parse_docker_archive(std::string_view json) {
  const auto root = parse_json_list(json);
  if (!root) return util::fail(kWhat, root.error());
  Reading reading;
  std::vector<SavedImage> images;
  for (const JsonNode& node : root->items) {
    const ObjectReader in(reading, node, "[" + std::to_string(images.size()) + "]", kKeys);
    images.push_back({.config = in.text("Config", Need::required),
                      .repo_tags = in.texts("RepoTags"),
                      .layers = in.texts("Layers")});
  }
  if (!reading.ok()) return util::fail(kWhat, reading.error());
  if (images.empty()) return util::fail(util::ErrorKind::invalid, std::string(kWhat) + ": it lists no image");
  return images;
}

std::string render_docker_manifest(const Descriptor& config, std::span<const Descriptor> layers) {
  auto list = nlohmann::ordered_json::array();
  for (const Descriptor& layer : layers) list.push_back(to_json(layer));
  const nlohmann::ordered_json manifest{{"schemaVersion", 2},
                                        {"mediaType", kDockerManifest},
                                        {"config", to_json(config)},
                                        {"layers", std::move(list)}};
  return manifest.dump();
}

}  // namespace portcullis::oci
