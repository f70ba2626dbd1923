// SPDX-License-Identifier: Apache-2.0
//
// What a manifest says about itself that makes it impossible to judge: such images are refused
// before a layer is fetched.
#pragma once

#include <string>
#include <vector>

#include "portcullis/findings/finding.hpp"
#include "portcullis/gate/gate.hpp"
#include "portcullis/oci/manifest.hpp"
#include "portcullis/scan/service.hpp"

namespace portcullis::gate {

findings::Finding manifest_finding(std::string rule, std::string description);

/// Empty when every part of the image can be fetched from here and looked into.
std::vector<findings::Finding> check_structure(const oci::Manifest& manifest, const Options& options);

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
