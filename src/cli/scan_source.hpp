// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "portcullis/util/result.hpp"

namespace portcullis::cli {

enum class SourceKind {
  reference,       ///< an image in a registry
  docker_archive,  ///< what `docker save` writes
  oci_layout,      ///< a directory
  oci_archive,     ///< such a directory as a tar
  docker_daemon,   ///< an image that a daemon holds
  directory,       ///< a root file system
  layer,           ///< the tar of one layer
  standard_input,  ///< an archive of either kind
};

/// What `portcullis scan` was pointed at.
struct Source {
  SourceKind kind = SourceKind::reference;
  std::string place;  ///< the reference, or the path; empty for the standard input
  std::string name;   ///< which image of a layout or an archive; empty: all that are in it
  std::string original;

  static util::Result<Source> parse(const std::string& text);
};

}  // namespace portcullis::cli
