// SPDX-License-Identifier: Apache-2.0
#include "structure.hpp"

#include <algorithm>
#include <charconv>
#include <map>

#include "portcullis/util/safe_text.hpp"

namespace portcullis::gate {
namespace {

using oci::MediaClass;
using util::safe_text;

bool is_layer(MediaClass media) { return media == MediaClass::layer || media == MediaClass::foreign_layer; }

/// What Go's archive/tar (docker, containerd, podman) asks of a block before it takes it for a header: the
/// checksum, as signed or as unsigned sum.
bool has_tar_checksum(std::string_view block) {
  constexpr std::size_t kAt = 148;
  constexpr std::size_t kSize = 8;
  const std::string_view blanks(" \0", 2);
  auto field = block.substr(kAt, kSize);
  field.remove_prefix(std::min(field.find_first_not_of(blanks), field.size()));
  field.remove_suffix(field.size() - std::min(field.find_last_not_of(blanks) + 1, field.size()));
  long written = -1;
  const auto* end = field.data() + field.size();
  if (std::from_chars(field.data(), end, written, 8).ptr != end) return false;
  long with_sign = 0;
  long without_sign = 0;
  for (std::size_t i = 0; i < block.size(); ++i) {
    const char byte = i >= kAt && i < kAt + kSize ? ' ' : block[i];
    with_sign += static_cast<signed char>(byte);
    without_sign += static_cast<unsigned char>(byte);
  }
  return written == with_sign || written == without_sign;
}

}  // namespace

findings::Finding manifest_finding(std::string rule, std::string description) {
  findings::Finding finding;
  finding.source = findings::Source::manifest_check;
  finding.rule = std::move(rule);
  finding.severity = findings::Severity::critical;
  finding.techniques = {"T1036"};
  finding.description = std::move(description);
  finding.path = "manifest";
  return finding;
}

std::vector<findings::Finding> check_structure(const oci::Manifest& manifest, const Options& options) {
  std::vector<findings::Finding> found;
  auto add = [&](const char* rule, std::string text) {
    found.push_back(manifest_finding(rule, std::move(text)));
  };

  if (manifest.layers.size() > options.max_layers) {
    add("manifest_too_many_layers", "the manifest lists " + std::to_string(manifest.layers.size()) +
                                        " layers, at most " + std::to_string(options.max_layers) +
                                        " are judged");
  }
  std::map<oci::Digest, const oci::Descriptor*> seen;
  auto look_at = [&](const oci::Descriptor& part, const std::string& place) {
    if (!part.urls.empty()) {
      add("manifest_foreign_urls", place + " names its own download address (" +
                                       safe_text(part.urls.front(), 80) +
                                       "): clients would fetch it past the proxy");
    }
    if (oci::classify(part.media_type) == MediaClass::encrypted_layer) {
      add("manifest_encrypted_layer",
          place + " is encrypted (" + safe_text(part.media_type, 80) + "): what it holds cannot be judged");
    }
    const auto [known, inserted] = seen.emplace(part.digest, &part);
    if (!inserted && (known->second->size != part.size || known->second->media_type != part.media_type)) {
      add("manifest_descriptor_conflict",
          place + " repeats digest " + part.digest.short_hex() + " with another size or media type");
    }
  };
  look_at(manifest.config, "the config");
  const bool image = manifest.is_image();
  for (std::size_t i = 0; i < manifest.layers.size(); ++i) {
    const auto& layer = manifest.layers[i];
    const std::string place = "layer " + std::to_string(i + 1);
    look_at(layer, place);
    const auto media = oci::classify(layer.media_type);
    if (image && !is_layer(media) && media != MediaClass::encrypted_layer &&
        !is_document_type(layer.media_type)) {
      found.push_back(unlisted_layer_type(place, layer.media_type));
    }
  }
  return found;
}

findings::Finding unlisted_layer_type(const std::string& place, std::string_view media_type) {
  return manifest_finding("manifest_unlisted_layer_type",
                          place + " has media type " + safe_text(media_type, 80) +
                              ", which is no layer type, beside an image config: runtimes unpack it all the "
                              "same");
}

bool is_document_type(std::string_view media_type) {
  const auto bare = oci::without_parameters(media_type);
  return oci::classify(bare) == MediaClass::other && (bare.ends_with("+json") || bare == "application/json");
}

bool begins_as_document(std::string_view head) {
  if (!head.starts_with('{')) return false;
  return head.size() < kTarBlock || !has_tar_checksum(head.substr(0, kTarBlock));
}

bool needs_its_config(const oci::Manifest& manifest) {
  // Some clients use `data` instead of fetching.
  return oci::classify(manifest.config.media_type) == MediaClass::image_config && !manifest.config.data;
}

std::vector<ImagePart> image_parts(const oci::Manifest& manifest) {
  std::vector<ImagePart> parts;
  auto add = [&](const oci::Descriptor& descriptor, std::string place) {
    const bool listed = std::ranges::any_of(
        parts, [&](const ImagePart& part) { return part.descriptor.digest == descriptor.digest; });
    if (listed) return;
    const bool tar = is_layer(oci::classify(descriptor.media_type));
    parts.push_back({descriptor, std::move(place), tar ? scan::JobKind::layer : scan::JobKind::opaque});
  };
  add(manifest.config, std::string(kConfigPlace));
  for (std::size_t i = 0; i < manifest.layers.size(); ++i) {
    add(manifest.layers[i], "layer " + std::to_string(i + 1));
  }
  return parts;
}

}  // namespace portcullis::gate
