// SPDX-License-Identifier: Apache-2.0
//
// What `docker save` says of the images in its archive (moby, image/tarexport: manifest.json).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "portcullis/oci/manifest.hpp"
#include "portcullis/util/result.hpp"

namespace portcullis::oci {

struct SavedImage {
  std::string config;                  ///< name of a member; raw
  std::vector<std::string> repo_tags;  ///< what the archive says it is called; raw, and nobody's word
  std::vector<std::string> layers;     ///< names of members, the base first; raw
};

/// manifest.json of an archive, read as strictly as a manifest and within the same limits. Refused too: no
/// image at all, an image without a config.
util::Result<std::vector<SavedImage>> parse_docker_archive(std::string_view json);

/// The manifest of an image whose config and layers are these, as `docker push` would write it.
/// Deterministic.
std::string render_docker_manifest(const Descriptor& config, std::span<const Descriptor> layers);

}  // namespace portcullis::oci
