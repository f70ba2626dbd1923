// SPDX-License-Identifier: Apache-2.0
//
// The lists of the distribution specification: tags of a repository, referrers of a manifest.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "portcullis/oci/manifest.hpp"
#include "portcullis/oci/reference.hpp"
#include "portcullis/util/result.hpp"

namespace portcullis::oci {

/// `{"name": ..., "tags": [...]}`, read as strictly as a manifest and within the same limits. A tag that
/// breaks the grammar is left out; `"tags": null`, which docker-registry writes, is none.
util::Result<std::vector<Tag>> parse_tag_list(std::string_view json);
std::string render_tag_list(std::string_view name, std::span<const Tag> tags);

/// An image index of these descriptors, without their `urls` and `data`.
std::string render_index(std::span<const Descriptor> manifests);

/// Where clients look for referrers at a registry without the referrers API (distribution-spec,
/// "Referrers Tag Schema"): `sha256-<hex>`, the hash cut to 64 characters.
Tag referrers_tag(const Digest& subject);

}  // namespace portcullis::oci
