// SPDX-License-Identifier: Apache-2.0
//
// The directory of a store: its lock, its names, and files that commit or vanish. Knows nothing of
// transfers and of what is in memory. const functions are thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "portcullis/blobs/maintenance.hpp"
#include "portcullis/blobs/store.hpp"
#include "portcullis/oci/digest.hpp"
#include "portcullis/util/fd.hpp"
#include "portcullis/util/result.hpp"

namespace portcullis::blobs {

/// A file under incoming/; its name is gone again when this is destroyed before commit().
class Incoming {
 public:
  Incoming(std::filesystem::path path, util::UniqueFd writing, std::shared_ptr<util::UniqueFd> reading)
      : path_(std::move(path)), writing_(std::move(writing)), reading_(std::move(reading)) {}
  Incoming(Incoming&& other) noexcept;
  Incoming& operator=(Incoming&&) = delete;
  ~Incoming();

  const std::filesystem::path& path() const { return path_; }
  /// Sees what was written so far; stays valid whatever happens to the name.
  const std::shared_ptr<util::UniqueFd>& reading() const { return reading_; }

  util::Result<void> write(std::span<const std::byte> bytes);
  /// Durable under `target` when this returns without an error.
  util::Result<void> commit(const std::filesystem::path& target);

 private:
  std::filesystem::path path_;  ///< empty once committed or moved from
  util::UniqueFd writing_;
  std::shared_ptr<util::UniqueFd> reading_;
};

class Directory {
 public:
  /// Makes what is missing, takes the lock and clears incoming/.
  static util::Result<Directory> open(const std::filesystem::path& root, Sharing sharing);

  std::vector<StoredBlob> scan() const { return stored_blobs(root_); }

  std::filesystem::path path_of(const oci::Digest& digest) const;
  util::Result<Incoming> create_incoming() const;

  struct Opened {
    std::shared_ptr<util::UniqueFd> file;
    std::uint64_t size;
  };
  /// nullopt when there is no such regular file, or it cannot be opened.
  std::optional<Opened> open_blob(const oci::Digest& digest) const;

  /// Takes the blob's name away at once and returns where its bytes still are, for the caller to
  /// unlink when it holds no lock (freeing gigabytes takes time). nullopt: it was not there.
  std::optional<std::filesystem::path> detach(const oci::Digest& digest) const;

 private:
  Directory(std::filesystem::path root, util::UniqueFd lock)
      : root_(std::move(root)), lock_(std::move(lock)) {}
  std::filesystem::path incoming_name() const;

  std::filesystem::path root_;
  util::UniqueFd lock_;
};

}  // namespace portcullis::blobs
