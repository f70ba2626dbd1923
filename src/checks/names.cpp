// SPDX-License-Identifier: Apache-2.0
#include "names.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "path.hpp"

namespace portcullis::checks {
namespace {

constexpr std::string_view kDigits = "0123456789";

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& list, std::string_view name) {
  return std::ranges::find(list, name) != list.end();
}

struct Device {
  std::string_view name;  ///< below dev/
  DeviceNumber number;
};
constexpr std::uint64_t kLargestMinor = (1u << 20) - 1;

std::string_view without_trailing(std::string_view name, std::string_view characters) {
  return name.substr(0, name.find_last_not_of(characters) + 1);
}

constexpr std::array<std::string_view, 12> kKernelThreads = {
    "kthreadd", "kworker",    "ksoftirqd", "kswapd",  "kdevtmpfs",   "khugepaged",
    "kblockd",  "khungtaskd", "kcompactd", "kauditd", "kintegrityd", "kthrotld"};

/// `tmp/[kworker/0:1]` is a file in a directory `[kworker`, so the name starts at the bracket.
std::string_view thread_name(std::string_view clean) {
  const std::size_t bracket = clean.rfind("/[");
  if (bracket != std::string_view::npos) return clean.substr(bracket + 2);
  const std::string_view name = name_of(clean);
  return name.starts_with('[') ? name.substr(1) : name;
}

}  // namespace

bool is_usual_device(std::string_view clean, const DeviceNumber& number) {
  constexpr auto kCharacter = DeviceKind::character;
  constexpr auto kBlock = DeviceKind::block;
  // Documentation/admin-guide/devices.txt of Linux.
  static constexpr std::array<Device, 15> kNamed = {{{"null", {kCharacter, 1, 3}},
                                                     {"core", {kCharacter, 1, 6}},
                                                     {"zero", {kCharacter, 1, 5}},
                                                     {"full", {kCharacter, 1, 7}},
                                                     {"random", {kCharacter, 1, 8}},
                                                     {"urandom", {kCharacter, 1, 9}},
                                                     {"kmsg", {kCharacter, 1, 11}},
                                                     {"tty", {kCharacter, 5, 0}},
                                                     {"console", {kCharacter, 5, 1}},
                                                     {"ptmx", {kCharacter, 5, 2}},
                                                     {"pts/ptmx", {kCharacter, 5, 2}},
                                                     {"net/tun", {kCharacter, 10, 200}},
                                                     {"fuse", {kCharacter, 10, 229}},
                                                     {"mapper/control", {kCharacter, 10, 236}},
                                                     {"ram", {kBlock, 1, 1}}}};
  // The number in the name is added to the minor number.
  static constexpr std::array<Device, 6> kNumbered = {{{"tty", {kCharacter, 4, 0}},
                                                       {"ttyS", {kCharacter, 4, 64}},
                                                       {"vcs", {kCharacter, 7, 0}},
                                                       {"pts/", {kCharacter, 136, 0}},
                                                       {"ram", {kBlock, 1, 0}},
                                                       {"loop", {kBlock, 7, 0}}}};
  if (!clean.starts_with("dev/")) return false;
  const std::string_view name = clean.substr(4);
  const std::string_view stem = without_trailing(name, kDigits);
  if (stem.size() == name.size())
    return std::ranges::any_of(kNamed, [&](const Device& d) { return d.name == name && d.number == number; });
  const std::string_view digits = name.substr(stem.size());
  std::uint64_t index = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), index);
  if (error != std::errc() || index > kLargestMinor) return false;
  return std::ranges::any_of(kNumbered, [&](const Device& d) {
    return d.name == stem && d.number.kind == number.kind && d.number.major == number.major &&
           d.number.minor + index == number.minor;
  });
}

bool is_package_path(std::string_view clean) {
  if (clean.starts_with("usr/")) clean.remove_prefix(4);
  static constexpr std::array<std::string_view, 8> kDirectories = {"bin",   "sbin",   "lib",     "lib32",
                                                                   "lib64", "libx32", "libexec", "games"};
  return contains(kDirectories, clean.substr(0, clean.find('/')));
}

bool is_interpreter(std::string_view name) {
  static constexpr std::array<std::string_view, 20> kNames = {
      "sh",     "bash", "dash", "ash",  "ksh", "mksh", "zsh",    "csh",   "tcsh", "fish",
      "python", "perl", "ruby", "node", "php", "lua",  "luajit", "tclsh", "gawk", "mawk"};
  // python3.11, perl5.36.0, bash-5.1
  const std::string_view stem = without_trailing(name, "0123456789.-");
  return contains(kNames, name) || contains(kNames, stem);
}

bool is_kernel_thread(std::string_view clean) {
  const std::string_view name = thread_name(clean);
  return contains(kKernelThreads, name.substr(0, name.find_first_of("0123456789/:-]")));
}

bool begins_like_kernel_thread(std::string_view clean) {
  const std::string_view name = thread_name(clean);
  return std::ranges::any_of(kKernelThreads,
                             [&](std::string_view thread) { return name.starts_with(thread); });
}

DirectoryName judge_directory_name(std::string_view name) {
  if (name.find_first_not_of(". \t\xc2\xa0") == std::string_view::npos) return DirectoryName::disguised;
  const bool control =
      std::ranges::any_of(name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  return control || name.ends_with(' ') ? DirectoryName::odd : DirectoryName::plain;
}

}  // namespace portcullis::checks
