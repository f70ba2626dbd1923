// SPDX-License-Identifier: Apache-2.0
//
// What names and places of files tell.
#pragma once

#include <cstdint>
#include <string_view>

namespace portcullis::checks {

enum class DeviceKind { character, block };
struct DeviceNumber {
  DeviceKind kind = DeviceKind::character;
  std::uint64_t major = 0;
  std::uint64_t minor = 0;
  bool operator==(const DeviceNumber&) const = default;
};

/// A node that base images bring along, dev/null, dev/tty1, dev/loop0, and that is what its name says: a
/// disk by the name of dev/null is none of them.
bool is_usual_device(std::string_view clean, const DeviceNumber& number);

/// Where packages install programs: bin, sbin, lib*, and the same below usr.
bool is_package_path(std::string_view clean);

/// bash, python3.11: a file that runs whatever it is told. Not busybox, which some distributions
/// install setuid and which drops its rights by itself.
bool is_interpreter(std::string_view name);

/// `kworker`, `kworker-0`, `[kswapd0]`, `[kworker/0:1]` below some directory.
bool is_kernel_thread(std::string_view clean);
/// Looser, for places where no tool for kernel threads lives: `kdevtmpfsi` too.
bool begins_like_kernel_thread(std::string_view clean);

enum class DirectoryName { plain, disguised, odd };
DirectoryName judge_directory_name(std::string_view name);

}  // namespace portcullis::checks
