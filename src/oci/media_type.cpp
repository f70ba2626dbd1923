// SPDX-License-Identifier: Apache-2.0
#include "portcullis/oci/media_type.hpp"

#include <algorithm>

#include "portcullis/util/text.hpp"

namespace portcullis::oci {
namespace {

struct KnownType {
  std::string_view name;
  MediaClass media_class;
  Compression compression = Compression::none;
};

constexpr KnownType kKnownTypes[] = {
    {kOciManifest, MediaClass::manifest},
    {kDockerManifest, MediaClass::manifest},
    {kOciIndex, MediaClass::index},
    {kDockerList, MediaClass::index},
    {"application/vnd.docker.distribution.manifest.v1+json", MediaClass::schema1},
    {"application/vnd.docker.distribution.manifest.v1+prettyjws", MediaClass::schema1},
    {kOciConfig, MediaClass::image_config},
    {kDockerConfig, MediaClass::image_config},
    {kOciLayer, MediaClass::layer, Compression::none},
    {kOciLayerGzip, MediaClass::layer, Compression::gzip},
    {kOciLayerZstd, MediaClass::layer, Compression::zstd},
    {kDockerLayer, MediaClass::layer, Compression::none},
    {kDockerLayerGzip, MediaClass::layer, Compression::gzip},
    {"application/vnd.docker.image.rootfs.diff.tar.zstd", MediaClass::layer, Compression::zstd},
    {"application/vnd.oci.image.layer.nondistributable.v1.tar", MediaClass::foreign_layer},
    {"application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", MediaClass::foreign_layer},
    {"application/vnd.oci.image.layer.nondistributable.v1.tar+zstd", MediaClass::foreign_layer},
    {"application/vnd.docker.image.rootfs.foreign.diff.tar", MediaClass::foreign_layer},
    {"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", MediaClass::foreign_layer},
    {"application/vnd.docker.image.rootfs.foreign.diff.tar.zstd", MediaClass::foreign_layer},
};

const KnownType* find_known(const std::string& bare) {
  for (const KnownType& known : kKnownTypes) {
    if (known.name == bare) return &known;
  }
  return nullptr;
}

}  // namespace

MediaClass classify(std::string_view media_type) {
  const std::string bare = without_parameters(media_type);
  if (const KnownType* known = find_known(bare)) return known->media_class;
  return bare.ends_with("+encrypted") ? MediaClass::encrypted_layer : MediaClass::other;
}

bool may_be_image_config(std::string_view media_type) {
  // Old registries answered with these, so dockerd's list of image types keeps them.
  constexpr std::string_view kTakenForImages[] = {"", "application/octet-stream", "application/json",
                                                  "text/html"};
  const std::string bare = without_parameters(media_type);
  return classify(bare) == MediaClass::image_config ||
         std::find(std::begin(kTakenForImages), std::end(kTakenForImages), bare) != std::end(kTakenForImages);
}

Compression declared_compression(std::string_view layer_media_type) {
  const KnownType* known = find_known(without_parameters(layer_media_type));
  return known ? known->compression : Compression::none;
}

std::string without_parameters(std::string_view media_type) {
  constexpr std::string_view kBlank = " \t";
  std::string_view bare = media_type.substr(0, media_type.find(';'));
  bare.remove_prefix(std::min(bare.find_first_not_of(kBlank), bare.size()));
  bare = bare.substr(0, bare.find_last_not_of(kBlank) + 1);
  return util::to_lower_ascii(bare);  // media types do not tell cases apart (RFC 6838)
}

}  // namespace portcullis::oci
