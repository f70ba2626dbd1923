// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "portcullis/util/fd.hpp"
#include "portcullis/util/result.hpp"

namespace portcullis::util {

/// Makes `dir` and its parents (mode 0700 for what it makes) and proves that it can be written to.
Result<void> make_writable_directory(const std::filesystem::path& dir);

/// The whole file, refused (ErrorKind::limit) when larger than `max_bytes`.
Result<std::string> read_file(const std::filesystem::path& path, std::size_t max_bytes);

/// The regular files below `directory` whose names end in one of `extensions` (`.yar`), sorted. Hidden
/// names are left out with all below them: `.git`, an editor's copies, and the `..data` of a mounted
/// Kubernetes ConfigMap, in which everything would be a second time. Links to files are followed, links
/// to directories are not.
Result<std::vector<std::filesystem::path>> files_below(const std::filesystem::path& directory,
                                                       const std::vector<std::string_view>& extensions);

/// A file in `directory` that has no name anyone could open, and goes with its last user.
Result<UniqueFd> unnamed_file(const std::filesystem::path& directory);

/// Commit or vanish: writes a temporary beside `path`, fsyncs, renames over it.
Result<void> write_file_atomically(const std::filesystem::path& path, std::string_view content);

}  // namespace portcullis::util
