// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

#include "portcullis/findings/finding.hpp"

namespace portcullis::checks {

/// Every check there is; the order is the one of the table in catalogue.cpp.
enum class Check : std::size_t {
  path_climbs,
  path_with_dot_dot,
  path_absolute,
  hardlink_climbs,
  written_through_climbing_link,
  written_through_link,
  device_node,
  setuid_interpreter,
  setuid_outside_packages,
  setgid_outside_packages,
  preload_hidden,
  preload,
  root_without_password,
  extra_uid_0,
  whiteout_with_content,
  duplicate_path,
  disguised_directory,
  odd_directory_name,
  kernel_thread_in_temporary,
  kernel_thread_name,
  config_preload_hidden,
  config_secret,
  count_,
};

inline constexpr std::size_t kCheckCount = static_cast<std::size_t>(Check::count_);

/// A finding with everything that is the same each time. `what` follows the description: which
/// account, which target.
findings::Finding make_finding(Check check, std::string_view path, std::string_view what = {});

}  // namespace portcullis::checks
