// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>

#include "portcullis/upstream/registry.hpp"
#include "portcullis/util/result.hpp"

namespace portcullis::upstream {

/// An OCI image layout directory (image-spec, image-layout.md) as a registry, so that what lies on
/// disk goes through the same gate. It answers to any repository name. Tags are the
/// `org.opencontainers.image.ref.name` annotations of index.json; when none fits, a lone manifest
/// answers to any tag if it has no name, and to `latest` in any case. Nothing outside the directory
/// is read: symbolic links are refused. Fails when the directory is not a layout.
util::Result<std::unique_ptr<Registry>> open_layout(const std::filesystem::path& directory);

}  // namespace portcullis::upstream
