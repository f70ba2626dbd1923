// SPDX-License-Identifier: Apache-2.0
//
// The state that one writing thread, any number of waiters and any number of readers share.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

#include "portcullis/blobs/store.hpp"
#include "portcullis/util/fd.hpp"
#include "portcullis/util/result.hpp"

namespace portcullis::blobs {

class FileTransfer final : public Transfer, public std::enable_shared_from_this<FileTransfer> {
 public:
  /// Already over, well or not.
  static std::shared_ptr<FileTransfer> ended(util::Result<Blob> outcome);

  util::Result<Blob> wait() override;
  std::optional<util::Result<Blob>> wait_for(std::chrono::milliseconds timeout) override;
  std::unique_ptr<util::ByteSource> reader() override;

  // The writing side.
  void start(std::shared_ptr<util::UniqueFd> file);
  /// `by` more bytes can be read. False when the transfer was ended meanwhile: stop writing.
  bool grow(std::uint64_t by);
  /// The first outcome counts, later ones are ignored.
  void end(util::Result<Blob> outcome);

  // The reading side.
  struct Available {
    std::shared_ptr<util::UniqueFd> file;
    std::uint64_t end = 0;
  };
  /// Blocks until there is a byte at `position`, or the end is known; `end == position` is the end.
  util::Result<Available> await(std::uint64_t position);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::shared_ptr<util::UniqueFd> file_;
  std::uint64_t written_ = 0;
  std::optional<util::Result<Blob>> outcome_;
};

}  // namespace portcullis::blobs
