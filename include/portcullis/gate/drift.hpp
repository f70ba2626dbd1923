// SPDX-License-Identifier: Apache-2.0
//
// What is different between two images, such as the one that a tag pointed to and the one it points to now.
// Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "portcullis/findings/finding.hpp"
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

/// Does it say of a file that it runs as somebody else (setuid)? Its path belongs into ImageFacts::setuid
/// then.
bool flags_setuid(const findings::Finding& finding);

Drift difference(const ImageFacts& before, const ImageFacts& after);

}  // namespace portcullis::gate
