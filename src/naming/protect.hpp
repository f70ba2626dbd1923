// SPDX-License-Identifier: Apache-2.0
//
// What is protected, taken apart: the rows of the reference data and `names.protect`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "portcullis/util/result.hpp"

namespace portcullis::naming {

/// A repository worth imitating; all in lower case.
struct Target {
  std::string host;        ///< `docker.io`
  std::string name_space;  ///< first component: `library`; empty when there is only one
  std::string repository;  ///< what follows
  std::uint32_t rank = 0;

  std::string full() const;
};

/// `host` + `library/nginx` taken apart. The last component alone has no namespace.
Target target_of(std::string_view host, std::string_view repository, std::uint32_t rank);

/// `names.protect`, sorted by what it protects.
struct Protected {
  std::vector<Target> repositories = {};
  std::vector<std::string> namespaces = {};  ///< `corp`, from `corp/*`
  std::vector<std::string> hosts = {};
};

util::Result<Protected> parse_protected(const std::vector<std::string>& entries);

/// What somebody pulls first is imitated first: the rank of the names that users protect themselves.
inline constexpr std::uint32_t kOwnRank = 1;

}  // namespace portcullis::naming
