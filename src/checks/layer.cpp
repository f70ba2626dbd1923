// SPDX-License-Identifier: Apache-2.0
#include "portcullis/checks/layer.hpp"

#include <array>
#include <string>
#include <unordered_set>
#include <utility>

#include "accounts.hpp"
#include "catalogue.hpp"
#include "names.hpp"
#include "path.hpp"
#include "path_memory.hpp"
#include "portcullis/util/hash.hpp"

namespace portcullis::checks {
namespace {

constexpr std::uint32_t kSetuid = 04000;
constexpr std::uint32_t kSetgid = 02000;
constexpr std::uint32_t kExecutable = 0111;
constexpr std::string_view kPreloadFile = "etc/ld.so.preload";
constexpr std::string_view kWhiteout = ".wh.";

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

DeviceNumber number_of(const Entry& entry) {
  const bool block = entry.type == EntryType::block_device;
  return {block ? DeviceKind::block : DeviceKind::character, entry.device_major, entry.device_minor};
}

}  // namespace

class LayerChecks::State {
 public:
  explicit State(Report report) : report_(std::move(report)) {}

  void entry(const Entry& entry) {
    const CleanPath path = clean_path(entry.path);
    check_path(entry, path);
    check_links(entry, path.text);
    check_type(entry, path.text);
    check_directory_names(entry, path.text);
    if (entry.type == EntryType::file) check_file(entry, path.text);
  }

  void content(std::string_view raw_path, std::span<const std::byte> bytes) {
    const std::string path = clean_path(raw_path).text;
    const std::string_view text = text_of(bytes);
    const auto found = [&](Check check, std::string_view what) {
      auto finding = make_finding(check, raw_path, what);
      finding.file_hash = util::sha256_hex(text);
      report(check, std::move(finding));
    };
    if (path == kPreloadFile) {
      const Preload preload = read_preload(text, Comments::skipped);
      if (!preload.hidden.empty()) {
        found(Check::preload_hidden, preload.hidden);
      } else if (!preload.libraries.empty()) {
        found(Check::preload, preload.libraries);
      }
    } else if (path == "etc/passwd") {
      if (const auto extra = extra_uid_0(text); !extra.empty()) found(Check::extra_uid_0, extra);
      if (root_has_empty_password(text)) found(Check::root_without_password, {});
    } else if (path == "etc/shadow") {
      if (root_has_empty_password(text)) found(Check::root_without_password, {});
    }
  }

  void finish() {
    for (std::size_t i = 0; i < kCheckCount; ++i) {
      if (counts_[i] <= kMaxFindingsOfCheck) continue;
      const auto more = counts_[i] - kMaxFindingsOfCheck;
      report_(make_finding(static_cast<Check>(i), {}, "and " + std::to_string(more) + " more in this layer"));
    }
  }

 private:
  void check_path(const Entry& entry, const CleanPath& path) {
    if (path.climbs) {
      at(entry, Check::path_climbs);
    } else if (path.has_dot_dot) {
      at(entry, Check::path_with_dot_dot);
    } else if (entry.path.starts_with('/') && !path.text.empty()) {
      at(entry, Check::path_absolute);
    }
  }

  void check_links(const Entry& entry, const std::string& path) {
    if (const auto link = paths_.link_above(path)) {
      const bool climbs = *link == PathMemory::Kind::climbing_link;
      at(entry, climbs ? Check::written_through_climbing_link : Check::written_through_link);
    }
    if (entry.type == EntryType::directory) return paths_.forget(path);
    auto kind = PathMemory::Kind::other;
    if (entry.type == EntryType::symlink) {
      // A link above the root is harmless in a container and common enough; what is written through
      // it by an unpacker is not.
      const bool climbs = clean_path(entry.link, parent_of(path)).climbs;
      kind = climbs ? PathMemory::Kind::climbing_link : PathMemory::Kind::link;
    }
    if (paths_.put(path, kind) == PathMemory::Place::taken) at(entry, Check::duplicate_path);
    if (entry.type == EntryType::hardlink && clean_path(entry.link).climbs)
      at(entry, Check::hardlink_climbs, entry.link);
  }

  void check_type(const Entry& entry, const std::string& path) {
    const bool device = entry.type == EntryType::character_device || entry.type == EntryType::block_device;
    if (device && !is_usual_device(path, number_of(entry))) at(entry, Check::device_node);
    const bool link = entry.type == EntryType::symlink || entry.type == EntryType::hardlink;
    if (link && path == kPreloadFile) {
      const Preload target = read_preload(entry.link, Comments::none);
      at(entry, target.hidden.empty() ? Check::preload : Check::preload_hidden, entry.link);
    }
  }

  /// Of the directory that the entry is, and of those it lies in; each directory once.
  void check_directory_names(const Entry& entry, const std::string& path) {
    std::string_view directory = entry.type == EntryType::directory ? path : parent_of(path);
    for (; !directory.empty(); directory = parent_of(directory)) {
      const DirectoryName name = judge_directory_name(name_of(directory));
      if (name == DirectoryName::plain) continue;
      const Check check =
          name == DirectoryName::disguised ? Check::disguised_directory : Check::odd_directory_name;
      if (named_.size() >= kMaxFindingsOfCheck || !named_.emplace(directory).second) continue;
      report(check, located(make_finding(check, directory), entry));
    }
  }

  void check_file(const Entry& entry, const std::string& path) {
    const std::string_view name = name_of(path);
    const bool executable = (entry.mode & kExecutable) != 0;
    if (executable && (entry.mode & kSetuid) != 0 && entry.uid == 0) {
      if (is_interpreter(name)) {
        at(entry, Check::setuid_interpreter);
      } else if (!is_package_path(path)) {
        at(entry, Check::setuid_outside_packages);
      }
    } else if (executable && (entry.mode & kSetgid) != 0 && entry.gid == 0 && !is_package_path(path)) {
      at(entry, Check::setgid_outside_packages);
    }
    if (executable && is_temporary(path) && begins_like_kernel_thread(path)) {
      at(entry, Check::kernel_thread_in_temporary);
    } else if (executable && is_kernel_thread(path)) {
      at(entry, Check::kernel_thread_name);
    }
    if (name.starts_with(kWhiteout) && entry.size > 0) at(entry, Check::whiteout_with_content);
  }

  void at(const Entry& entry, Check check, std::string_view what = {}) {
    report(check, located(make_finding(check, entry.path, what), entry));
  }

  static findings::Finding located(findings::Finding finding, const Entry& entry) {
    finding.description += " (at byte " + std::to_string(entry.offset) + " of the tar stream)";
    return finding;
  }

  void report(Check check, findings::Finding finding) {
    if (++counts_[static_cast<std::size_t>(check)] <= kMaxFindingsOfCheck) report_(std::move(finding));
  }

  Report report_;
  PathMemory paths_{kMaxRemembered};
  std::unordered_set<std::string> named_;  ///< directories already reported for their names
  std::array<std::uint64_t, kCheckCount> counts_{};
};

LayerChecks::LayerChecks(Report report) : state_(std::make_unique<State>(std::move(report))) {}
LayerChecks::~LayerChecks() = default;

void LayerChecks::entry(const Entry& entry) { state_->entry(entry); }

void LayerChecks::content(std::string_view path, std::span<const std::byte> bytes) {
  state_->content(path, bytes);
}

void LayerChecks::finish() { state_->finish(); }

}  // namespace portcullis::checks
