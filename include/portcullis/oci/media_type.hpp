// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace portcullis::oci {

/// What a media type means to the gate. Parameters (`; charset=`) are dropped before looking.
enum class MediaClass {
  manifest,         ///< OCI image manifest or docker schema 2
  index,            ///< OCI index or docker manifest list
  schema1,          ///< refused: docker schema 1, signed or not
  image_config,     ///< OCI or docker image config
  layer,            ///< a listed tar layer: plain, gzip or zstd
  foreign_layer,    ///< nondistributable / docker foreign
  encrypted_layer,  ///< `+encrypted`
  other,            ///< artifacts, helm, wasm, attestations, empty config: opaque bytes
};

enum class Compression { none, gzip, zstd };

MediaClass classify(std::string_view media_type);
/// A runtime may take a config of this type for that of an image: the image config types, and the wrong
/// ones that dockerd takes for them all the same (application/octet-stream, application/json, text/html,
/// none; moby distribution/pull_v2.go).
bool may_be_image_config(std::string_view media_type);
/// What a listed layer type declares; meaningless for other classes. The bytes decide what is
/// really done (docker tells by magic), the declaration is only compared with them.
Compression declared_compression(std::string_view layer_media_type);
std::string without_parameters(std::string_view media_type);

inline constexpr std::string_view kOciManifest = "application/vnd.oci.image.manifest.v1+json";
inline constexpr std::string_view kOciIndex = "application/vnd.oci.image.index.v1+json";
inline constexpr std::string_view kOciConfig = "application/vnd.oci.image.config.v1+json";
inline constexpr std::string_view kOciLayer = "application/vnd.oci.image.layer.v1.tar";
inline constexpr std::string_view kOciLayerGzip = "application/vnd.oci.image.layer.v1.tar+gzip";
inline constexpr std::string_view kOciLayerZstd = "application/vnd.oci.image.layer.v1.tar+zstd";
inline constexpr std::string_view kOciEmpty = "application/vnd.oci.empty.v1+json";
inline constexpr std::string_view kDockerManifest = "application/vnd.docker.distribution.manifest.v2+json";
inline constexpr std::string_view kDockerList = "application/vnd.docker.distribution.manifest.list.v2+json";
inline constexpr std::string_view kDockerConfig = "application/vnd.docker.container.image.v1+json";
inline constexpr std::string_view kDockerLayer = "application/vnd.docker.image.rootfs.diff.tar";
inline constexpr std::string_view kDockerLayerGzip = "application/vnd.docker.image.rootfs.diff.tar.gzip";

}  // namespace portcullis::oci
