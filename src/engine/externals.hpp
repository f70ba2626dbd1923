// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

#include "portcullis/engine/rule_set.hpp"

namespace portcullis::engine {

/// Values of the externals for one file, in the form the public rule packs are written for.
struct Externals {
  std::string filename;   ///< `x.sh`; a member of an archive by its own name
  std::string filepath;   ///< `/opt/x.sh`, absolute
  std::string extension;  ///< `.sh`
  std::string filetype;   ///< `ELF`, `EXE`, `ZIP`, ... by magic; empty when unknown
  std::string owner;      ///< `root` or the number
};

Externals externals_of(std::span<const std::byte> content, const FileContext& context);

}  // namespace portcullis::engine
