// SPDX-License-Identifier: Apache-2.0
//
// What a manifest says about itself that makes it impossible to judge: such images are refused
// before a layer is fetched.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "portcullis/findings/finding.hpp"
#include "portcullis/gate/gate.hpp"
#include "portcullis/oci/manifest.hpp"
#include "portcullis/scan/service.hpp"

namespace portcullis::gate {

findings::Finding manifest_finding(std::string rule, std::string description);
findings::Finding unlisted_layer_type(const std::string& place, std::string_view media_type);

/// How findings and records name the config of an image.
inline constexpr std::string_view kConfigPlace = "config";

/// Empty when every part of the image can be fetched from here and looked into.
std::vector<findings::Finding> check_structure(const oci::Manifest& manifest, const Options& options);

/// A layer type that is no layer but a JSON document: attestations and signatures stand beside an image
/// config (BuildKit's in-toto statements, cosign's payloads).
bool is_document_type(std::string_view media_type);

inline constexpr std::size_t kTarBlock = 512;
/// No runtime can unpack a layer that begins like this, whatever it takes its type for: not a magic of
/// any compression, and no tar header. `head` has the first kTarBlock bytes, or all there are.
bool begins_as_document(std::string_view head);

/// All that is needed to make an image is the manifest, its layers and its config; and the config is
/// not in the manifest itself. Only such a manifest may be shown when the image is not served.
bool needs_its_config(const oci::Manifest& manifest);

/// One blob of an image and how it is to be scanned. The config is first, a digest appears once. The
/// kind follows from the media type alone, never from the place: scans are remembered by (digest,
/// media type), so a layer must not get a clean record by posing as a config somewhere else.
struct ImagePart {
  oci::Descriptor descriptor;
  std::string place;  ///< "config", "layer 1", ...
  scan::JobKind kind = scan::JobKind::opaque;
};
std::vector<ImagePart> image_parts(const oci::Manifest& manifest);

}  // namespace portcullis::gate
