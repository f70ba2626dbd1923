// SPDX-License-Identifier: Apache-2.0
//
// Archives as the image layouts that the gate can be put before.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "archive_file.hpp"
#include "portcullis/upstream/layout.hpp"

namespace portcullis::cli {

using ArchivePtr = std::shared_ptr<const ArchiveFile>;

bool has_docker_images(const ArchiveFile& archive);
bool has_oci_images(const ArchiveFile& archive);

/// What the archive says it is, an image layout in a tar. Links are refused, as in a directory.
std::unique_ptr<upstream::LayoutFiles> oci_layout_of(ArchivePtr archive);

/// The images of `docker save`, each with the manifest that a push would give it, named by its tags. All
/// layers are read and hashed here: one that is no member, or not what the config says of it, is an error.
util::Result<std::unique_ptr<upstream::LayoutFiles>> docker_layout_of(ArchivePtr archive, Activity& activity);

}  // namespace portcullis::cli
