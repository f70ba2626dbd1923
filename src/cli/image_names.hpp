// SPDX-License-Identifier: Apache-2.0
//
// The image references in files that people write: Dockerfiles, compose files, Kubernetes manifests, Helm
// values, and plain lists.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "portcullis/util/result.hpp"

namespace portcullis::cli {

struct ImageName {
  std::string text;      ///< as it stands there, variables with a default filled in; raw
  std::size_t line = 0;  ///< from 1
};

struct ImageNames {
  std::vector<ImageName> names = {};
  std::vector<ImageName> skipped =
      {};  ///< what no name could be told of: templates, variables without default
};

inline constexpr std::size_t kMaxImageFileBytes = 8u << 20;

/// `file_name` tells the kind: `*.yaml`, `*.yml` and `*.json` are YAML, everything else is a Dockerfile.
util::Result<ImageNames> image_names_of(std::string_view file_name, const std::string& content);

util::Result<ImageNames> dockerfile_images(std::string_view content);
util::Result<ImageNames> yaml_images(const std::string& content);
/// One reference a line; empty lines and what follows '#' do not count.
ImageNames listed_images(std::string_view content);

/// `$X`, `${X}`, `${X:-default}`, `${X-default}`, `${X:+other}`; nothing when a variable has no value.
std::optional<std::string> expand_variables(std::string_view text,
                                            const std::map<std::string, std::string>& values);

std::string_view trimmed(std::string_view text);

}  // namespace portcullis::cli
