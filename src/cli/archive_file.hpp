// SPDX-License-Identifier: Apache-2.0
//
// An image archive on disk. The locked-down worker takes it apart, once, and says where in it each member is;
// what is compressed it unpacks into a file of ours. Members are then read from there.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "portcullis/scan/archive.hpp"
#include "portcullis/util/fd.hpp"
#include "portcullis/util/result.hpp"
#include "portcullis/util/stream.hpp"
#include "scan_session.hpp"

namespace portcullis::cli {

/// Immutable once open; thread-safe. Errors name the archive.
class ArchiveFile {
 public:
  struct Member {
    std::string name;
    std::uint64_t size = 0;
    std::uint64_t content = 0;  ///< where it begins in the file that is read
  };
  enum class Links { refuse, follow };

  /// `name` is for messages. ErrorKind::corrupt and limit: it is broken, ambiguous or too large.
  static util::Result<std::shared_ptr<const ArchiveFile>> open(const ScanContext& context,
                                                               util::UniqueFd file, std::string name);

  const std::string& name() const { return name_; }
  bool has(const std::string& member) const { return entries_.contains(member); }
  /// A regular file. Links are followed inside the archive and by their text only. ErrorKind::absent when
  /// there is none.
  util::Result<Member> find(const std::string& member, Links links) const;
  /// Its content, at most oci::kMaxDocumentBytes.
  util::Result<std::string> document(const Member& member) const;
  util::Result<void> read(const Member& member, util::ByteSink& sink) const;

 private:
  ArchiveFile(util::UniqueFd file, std::string name) : file_(std::move(file)), name_(std::move(name)) {}
  util::Result<void> list(const ScanContext& context);

  util::UniqueFd file_;  ///< with the content of the members: the archive, or what was unpacked of it
  const std::string name_;
  std::map<std::string, scan::ArchiveEntry> entries_;
};

}  // namespace portcullis::cli
