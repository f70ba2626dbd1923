// SPDX-License-Identifier: Apache-2.0
//
// Registry hosts: which are known, and which of them another one imitates.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "likeness.hpp"
#include "name_table.hpp"
#include "portcullis/naming/reference_data.hpp"

namespace portcullis::naming {

/// Without `:port`; the brackets of an address stay.
std::string_view without_port(std::string_view host);

class Hosts {
 public:
  /// `registries` are known to everybody, `ours` to their owner, who protects them; `trusted` are hosts
  /// that stand in the configuration.
  Hosts(std::vector<Registry> registries, const std::vector<std::string>& ours,
        const std::vector<std::string>& trusted);

  /// The registry this host is, or nothing.
  const Registry* find(std::string_view host) const;
  bool is_trusted(std::string_view host) const;

  struct Squat {
    std::string target;   ///< as far as it resembles: `ghcr.io`, `azurecr.io`
    std::string subject;  ///< the part of the host that does
    std::string suggestion;
    Likeness likeness = {};
    bool sure = false;  ///< blocks at once
  };
  /// What an unknown host imitates. `host` in lower case, as oci::parse_host gives it, without port.
  std::optional<Squat> imitated(std::string_view host) const;
  /// The registry that `utf8` is taken for by eye.
  std::optional<Squat> imitated_by_eye(std::string_view utf8) const;

 private:
  bool is_below_known_host(std::string_view host) const;

  std::size_t known_to_everybody_;
  std::vector<Registry> registries_;
  NameTable names_;                     ///< of the patterns; the number is the place in registries_
  std::vector<std::string> skeletons_;  ///< of the names that are no pattern; empty for patterns
  std::unordered_set<std::string> trusted_;
};

}  // namespace portcullis::naming
