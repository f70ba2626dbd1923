// SPDX-License-Identifier: Apache-2.0
//
// An OCI image layout (image-spec, image-layout.md) as a registry, so that what lies on disk goes through
// the same gate. It answers to any repository name. Tags are the `org.opencontainers.image.ref.name`
// annotations of index.json; when none fits, a lone manifest answers to any tag if it has no name, and to
// `latest` in any case.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "portcullis/oci/manifest.hpp"
#include "portcullis/upstream/registry.hpp"
#include "portcullis/util/result.hpp"
#include "portcullis/util/stream.hpp"

namespace portcullis::upstream {

inline constexpr const char* kLayoutNameAnnotation = "org.opencontainers.image.ref.name";

/// The files of a layout, wherever they are, by their path in it (`blobs/sha256/...`). Thread-safe. Errors
/// say in which file; ErrorKind::absent when there is none.
class LayoutFiles {
 public:
  virtual ~LayoutFiles() = default;
  /// For messages: `/srv/image`.
  virtual std::string place() const = 0;
  /// At most oci::kMaxDocumentBytes, else ErrorKind::limit.
  virtual util::Result<std::string> document(const std::string& path) const = 0;
  virtual util::Result<std::uint64_t> size(const std::string& path) const = 0;
  /// The whole file; an error of the sink ends it.
  virtual util::Result<void> read(const std::string& path, util::ByteSink& sink) const = 0;
};

class Layout : public Registry {
 public:
  /// What index.json lists.
  virtual const std::vector<oci::Descriptor>& images() const = 0;
};

/// `name` is what the registry is called in records and policy. Fails when the files are no layout.
util::Result<std::unique_ptr<Layout>> open_layout(std::unique_ptr<LayoutFiles> files,
                                                  const std::string& name = "oci-layout");
/// A directory. Nothing outside it is read: symbolic links are refused.
util::Result<std::unique_ptr<Layout>> open_layout(const std::filesystem::path& directory,
                                                  const std::string& name = "oci-layout");

}  // namespace portcullis::upstream
