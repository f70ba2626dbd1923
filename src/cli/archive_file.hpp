// SPDX-License-Identifier: Apache-2.0
//
// An image archive on disk. It is taken apart by the locked-down worker only: each member costs a pass over
// the archive.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "portcullis/scan/service.hpp"
#include "portcullis/util/fd.hpp"
#include "portcullis/util/result.hpp"
#include "portcullis/util/stream.hpp"
#include "scan_activity.hpp"

namespace portcullis::cli {

/// Immutable once open; thread-safe. Errors name the archive.
class ArchiveFile {
 public:
  struct Member {
    std::string name;
    std::uint64_t size = 0;
  };
  enum class Links { refuse, follow };

  /// `name` is for messages. `scanner` and `activity` outlive it. ErrorKind::corrupt and limit: it is broken,
  /// ambiguous or too large.
  static util::Result<std::shared_ptr<const ArchiveFile>> open(util::UniqueFd file, std::string name,
                                                               scan::Service& scanner, Activity& activity);

  const std::string& name() const { return name_; }
  bool has(const std::string& member) const { return entries_.contains(member); }
  /// A regular file. Links are followed inside the archive and by their text only. ErrorKind::absent when
  /// there is none.
  util::Result<Member> find(const std::string& member, Links links) const;
  /// Its content, at most oci::kMaxDocumentBytes.
  util::Result<std::string> document(const Member& member) const;
  util::Result<void> read(const Member& member, util::ByteSink& sink) const;

 private:
  ArchiveFile(util::UniqueFd file, std::string name, scan::Service& scanner, Activity& activity)
      : file_(std::move(file)), name_(std::move(name)), scanner_(scanner), activity_(activity) {}
  util::Result<void> list();

  const util::UniqueFd file_;
  const std::string name_;
  scan::Service& scanner_;
  Activity& activity_;
  std::uint64_t size_ = 0;
  std::map<std::string, scan::ArchiveEntry> entries_;
};

}  // namespace portcullis::cli
