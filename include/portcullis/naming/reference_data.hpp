// SPDX-License-Identifier: Apache-2.0
//
// The names that are worth imitating, and those that are known to be bad: rules/names.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "portcullis/util/result.hpp"

namespace portcullis::naming {

/// A registry that people know.
struct Registry {
  /// Who can make a repository there. Only where anybody can are repositories looked at.
  enum class Publishers : std::uint8_t { anybody, owner };
  std::string pattern;  ///< `ghcr.io`, `*.dkr.ecr.*.amazonaws.com`; `*` stands for one or more labels
  Publishers publishers = Publishers::owner;
  std::string canonical = {};  ///< what to suggest; of an alias or token host the registry it belongs to
};

/// A repository of Docker Hub (`library/nginx`) that is imitated; the smaller the rank, the more it is
/// pulled.
struct ProtectedRepository {
  std::string name;
  std::uint32_t rank = 0;  ///< from 1
};

/// A name that was published as malicious.
struct KnownBad {
  std::string pattern;  ///< glob over `host/repository`
  std::string what;     ///< one line
  std::string source;   ///< URL of the report
};

struct ReferenceData {
  std::vector<Registry> registries = {};
  std::vector<ProtectedRepository> repositories = {};
  std::vector<KnownBad> known_bad = {};
};

/// Reads registries.tsv, repositories.tsv and known-bad.tsv of `directory` (rules/names). A line that
/// breaks the format is an error that names file and line.
util::Result<ReferenceData> load_reference_data(const std::filesystem::path& directory);

}  // namespace portcullis::naming
