// SPDX-License-Identifier: Apache-2.0
#include "names.hpp"

#include <algorithm>
#include <array>

#include "path.hpp"

namespace portcullis::checks {
namespace {

constexpr std::string_view kDigits = "0123456789";

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& list, std::string_view name) {
  return std::ranges::find(list, name) != list.end();
}

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

bool is_usual_device(std::string_view clean) {
  static constexpr std::array<std::string_view, 15> kNames = {
      "null",     "zero", "full", "random", "urandom", "tty",     "console",       "ptmx",
      "pts/ptmx", "core", "fuse", "kmsg",   "ram",     "net/tun", "mapper/control"};
  static constexpr std::array<std::string_view, 6> kNumbered = {"tty", "ttyS", "ram", "loop", "pts/", "vcs"};
  if (!clean.starts_with("dev/")) return false;
  const std::string_view name = clean.substr(4);
  const std::string_view stem = without_trailing(name, kDigits);
  return contains(kNames, name) || (stem.size() < name.size() && contains(kNumbered, stem));
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
