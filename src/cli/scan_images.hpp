// SPDX-License-Identifier: Apache-2.0
//
// Images: through the gate, as a pull would go.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "portcullis/oci/reference.hpp"
#include "portcullis/upstream/layout.hpp"
#include "scan_session.hpp"

namespace portcullis::cli {

/// From its registry.
std::vector<Report> judge_reference(const ScanContext& context, const Source& source);

/// Whose settings, waivers and names count for an image that comes from no registry.
struct LayoutName {
  std::string host;
  oci::Repository repository;
};
/// By what the person calls it, never by what it calls itself: that would let it choose its policy.
LayoutName layout_name(std::string_view kind, const std::optional<oci::Reference>& called = {});

/// An image of a layout; `label` is what the report calls it.
struct LayoutImage {
  oci::Digest digest;
  std::string label;
};
/// Those that `source` asks for, by their name; or all.
util::Result<std::vector<LayoutImage>> images_of(const upstream::Layout& layout, const Source& source);

std::vector<Report> judge_layout_images(const ScanContext& context, const Source& source,
                                        upstream::Layout& layout, const oci::Repository& repository,
                                        const std::vector<LayoutImage>& images);

}  // namespace portcullis::cli
