// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>

#include "portcullis/util/fd.hpp"
#include "portcullis/util/result.hpp"
#include "portcullis/util/stream.hpp"

namespace portcullis::cli {

/// Keeps a stream in a file without a name; that is made when the first bytes come. Not thread-safe.
class SpoolFile final : public util::ByteSink {
 public:
  /// More than `limit` bytes are ErrorKind::limit.
  SpoolFile(std::filesystem::path directory, std::uint64_t limit)
      : directory_(std::move(directory)), limit_(limit) {}

  util::Result<void> write(std::span<const std::byte> bytes) override;
  /// What was written; then this is at its end.
  util::Result<util::UniqueFd> take();

 private:
  util::Result<void> make();

  const std::filesystem::path directory_;
  const std::uint64_t limit_;
  std::uint64_t taken_ = 0;
  util::UniqueFd file_;
};

}  // namespace portcullis::cli
