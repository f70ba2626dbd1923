// SPDX-License-Identifier: Apache-2.0
//
// What is different between the image that a tag pointed to and the one it points to now. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "portcullis/oci/manifest.hpp"

namespace portcullis::gate {

struct ImageLayer {
  oci::Digest digest;
  std::uint64_t size = 0;
};

/// One image, as far as it is compared.
struct ImageFacts {
  std::optional<oci::ImageConfig> config = {};  ///< nullopt: not at hand any more, or unreadable
  std::vector<ImageLayer> layers = {};          ///< base first
  /// Paths of all setuid files of the layers; nullopt: not of each layer known.
  std::optional<std::vector<std::string>> setuid = {};
  std::vector<std::string> flagged_setuid = {};  ///< those that checks of the layers flagged
};

struct Drift {
  /// `drift.entrypoint.from`, `drift.env.added`, ...: raw and bounded, see README.md. Of environment
  /// variables the names only.
  std::map<std::string, std::string> fields = {};
  std::string summary;  ///< one line, safe text: `entrypoint, 2 environment variables; base kept, ...`
};

Drift difference(const ImageFacts& before, const ImageFacts& after);

}  // namespace portcullis::gate
